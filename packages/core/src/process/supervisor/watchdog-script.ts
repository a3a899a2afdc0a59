/**
 * What the watchdog runs: plain POSIX shell. Its first argument is the beginning of what marked processes have in their
 * environment.
 *
 * The end of stdin is the end of the server: whatever killed it closed the pipe. On descriptor 3 is the list of what
 * ran, `GROUP SCORE` on each line. A score is `oom_score_adj`, or `-` where there is none; a group is `-` until it is
 * known.
 *
 * Up to its last part it starts no process: a machine that a fork bomb has filled gives it none, and the shell would
 * end by that.
 */
export const WATCHDOG_SCRIPT = `
trap '' HUP INT TERM
exec 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
variable=$1
name=\${variable%%=*}=
read -r order
[ "$order" = stop ] && exit 0

groups=
scores=' '
while read -r group score; do
  [ -n "$group" ] || continue
  scores="$scores$score "
  [ "$group" = - ] || groups="$groups $group"
done <&3

kill_groups() {
  for group in $groups; do kill -s KILL -- "-$group"; done
}

# Sets parent. The dead do not count: nobody may be there to collect them. One whose main thread has ended looks dead,
# and lives on in the others.
is_alive() {
  stat=
  read -r stat < "/proc/$1/stat"
  stat=\${stat##*) }
  case $stat in
    X* | '') return 1 ;;
    Z*)
      set -- $stat
      [ "\${18}" -gt 1 ] || return 1 ;;
  esac
  parent=\${stat#? }
  parent=\${parent%% *}
}

# Sets found.
kill_one() { is_alive "$1" && kill -s KILL "$1" && found=1; }

# There are fewer scores than programs on a machine, so without our variable the first who has it must be an orphan: sets
# parent to that of the first.
find_first() {
  is_alive "$1" || return
  while
    above=
    read -r above < "/proc/$parent/oom_score_adj"
    [ "$above" = "$score" ]
  do
    is_alive "$parent" || return
  done
}

# Reads without a program: there may be no room to start one.
has_variable() {
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *"$2"*) return 0 ;; esac
  done < "/proc/$1/environ"
  return 1
}

# Whether one that has a score is ours. One that carries the variable of somebody else belongs to somebody else.
is_ours() {
  has_variable "$1" "$variable" && return
  has_variable "$1" "$name" && return 1
  find_first "$1" && [ "$parent" -eq "$reaper" ]
}

# It is stopped for the question: it could be gone otherwise, and its child be asked for too early.
kill_by_score() {
  score=
  read -r score < "/proc/$1/oom_score_adj"
  case $scores in
    *" $score "*)
      is_alive "$1" || return
      kill -s STOP "$1"
      if is_ours "$1"; then kill_one "$1"; else kill -s CONT "$1"; fi ;;
  esac
}

last_pid() { read -r _ _ _ _ last < /proc/loadavg; }

# Who starts during a look and ends before its turn may have started others: goes on with what is new until nothing is.
kill_newer() {
  steps=0
  while [ "$steps" -lt 200 ]; do
    steps=$((steps + 1))
    pid=$last
    last_pid
    [ "$last" -eq "$pid" ] && return
    # Too many, or the numbers have started over: another look at all.
    if [ "$last" -lt "$pid" ] || [ $((last - pid)) -gt 512 ]; then
      found=1
      return
    fi
    while [ "$pid" -lt "$last" ]; do
      pid=$((pid + 1))
      kill_by_score "$pid"
    done
  done
}

look_at_scores() {
  last_pid
  for file in /proc/[0-9]*; do kill_by_score "\${file#/proc/}"; done
  kill_newer
}

look_at_variables() {
  for file in $(grep -lF -e "$variable" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}
    kill_one "\${pid%%/*}"
  done
}

# A process in the middle of an exec shows no environment, so one look that finds nothing is not enough.
until_clean() {
  clean=0
  rounds=0
  while [ "$clean" -lt 2 ] && [ "$rounds" -lt 200 ]; do
    rounds=$((rounds + 1))
    found=
    kill_groups
    "$1"
    if [ -n "$found" ]; then clean=0; else clean=$((clean + 1)); fi
  done
}

kill_groups
[ -d /proc/self ] || exit 0

# Whoever gets us when the server is gone gets all other orphans too. Its pipes close a little before.
waited=0
while is_alive $$ && [ "$parent" -eq "$PPID" ] && [ "$waited" -lt 100000 ]; do waited=$((waited + 1)); done
reaper=$parent

until_clean look_at_scores
until_clean look_at_variables
`;
