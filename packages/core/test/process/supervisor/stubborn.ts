/**
 * Shell scripts that do not want to end, by what they try. Each starts something with `seconds` in its command line,
 * prints `ready` when that runs, and stays.
 */
export const STUBBORN: Readonly<Record<string, (seconds: string) => string>> = {
  'ignores all it can': (n) =>
    `trap '' TERM INT HUP; (trap '' TERM INT HUP; sleep ${n}) & echo ready; wait; sleep ${n}`,
  'has a child in a session of its own': (n) => `setsid sleep ${n} & sleep 0.1; echo ready; sleep ${n}`,
  'double forks a daemon': (n) => `setsid sh -c 'sleep ${n} <&- >&- 2>&- &'; echo ready; sleep ${n}`,
  'double forks a daemon without an environment': (n) =>
    `env -i setsid sh -c 'sleep ${n} <&- >&- 2>&- &'; echo ready; sleep ${n}`,
  'has no environment itself': (n) => `echo ready; exec env -i sleep ${n}`,
  'holds the pipes from outside the group': (n) =>
    `setsid sh -c 'sleep ${n} & sleep ${n}' & sleep 0.1; echo ready; sleep ${n}`,
  'has a stopped child': (n) => `sleep ${n} & kill -STOP $!; echo ready; sleep ${n}`,
  'is stopped itself': (n) => `sleep ${n} & echo ready; kill -STOP $$; sleep ${n}`,
  'forks on and on, in ever new sessions': (n) =>
    `chain='n=${n}; sleep 0.03; setsid sh -c "$0" "$0" &'; setsid sh -c "$chain" "$chain" & echo ready; sleep ${n}`,
  'forks as fast as it can, in ever new sessions': (n) =>
    // Not for ever: a test that fails must not bring the machine down.
    `chain='n=${n}; [ "$1" -lt 9999 ] && setsid sh -c "$0" "$0" $(($1 + 1)) &'; setsid sh -c "$chain" "$chain" 0 & echo ready; sleep ${n}`,
};
