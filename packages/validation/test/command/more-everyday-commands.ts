// What else is typed every day, by people and models. A policy that breaks one of these is wrong.
/** For everyone who may look. */
export const MORE_READING = lines(String.raw`
git log --oneline -20 --graph
git log --oneline --all -n 15
git log -n 3 --format="%h %s (%an, %ar)"
git log --since=yesterday
git log --oneline origin/main..HEAD
git log -p src/a.ts
git log -p --follow -- src/a.ts
git log --stat -3
git log --oneline -- src/a.ts test/index.ts
git log --name-status -1 HEAD
git log --pretty=oneline --abbrev-commit
git log --shortstat --since="1 week ago"
git log -1 --format=%cd --date=iso
git log -1 --pretty=%B
git log --no-walk --tags --pretty=%d
git log -p -S needle
git log --format=fuller -1
git log --author="Ann" --oneline --no-merges
git log HEAD -1
git log --date=relative --format='%ad %s' -5
git diff --stat HEAD~3..HEAD
git diff HEAD~3 HEAD --name-only
git diff main -- src/a.ts
git diff src/a.ts
git diff --numstat
git diff --shortstat
git diff --color=never
git diff --no-color HEAD
git diff --cached --name-only
git diff --cached -- src
git diff -U0
git diff -p --stat
git diff --ignore-all-space
git diff main dev
git diff main..dev --stat
git diff HEAD~1
git diff HEAD:a.txt HEAD~1:a.txt
git diff v1.0 v2.0 -- src
git diff --exit-code
git diff --quiet
git diff @{u}
git diff .
git diff -- .
git show HEAD --stat
git show HEAD~1 -- src/a.ts
git show --pretty="" --name-only HEAD
git show HEAD:src/a.ts
git show main:README.md
git show --oneline -s HEAD
git show v1.0
git show HEAD^
git show --format=%an -s
git blame -L 1,5 -- src/a.ts
git blame -e src/a.ts
git blame HEAD~2 -- src/a.ts
git blame --line-porcelain src/a.ts
git blame -L '/a0/,+3' src/a.ts
git status --porcelain
git status -uall
git status --ignored -s
git status .
git status --branch --short
git branch --all --verbose
git branch -r --merged
git branch --format='%(refname:short)'
git branch --list
git branch --no-merged
git branch -v
git branch --sort=-committerdate --format='%(refname:short) %(committerdate:relative)'
git stash list --oneline
git stash show -p stash@{0}
git stash show --stat
git tag --sort=-creatordate
git tag --points-at HEAD
git tag --contains HEAD~3
git rev-parse HEAD~1
git rev-parse --short=8 HEAD
git rev-parse main dev
git rev-parse --show-prefix
git rev-list --all --count
git rev-list -n 1 HEAD
git rev-list --max-parents=0 HEAD
git ls-files --others --exclude-standard
git ls-files src
git ls-files --stage a.txt
git ls-files -d
git ls-tree --name-only HEAD
git ls-tree -r --long HEAD src
git cat-file -s HEAD
git cat-file blob HEAD:a.txt
git cat-file commit HEAD
git grep needle
git grep -n "a1" src
git grep -in 'foo' -- '*.ts' ':!test'
git grep -e a1 --or -e a2
git grep foo HEAD
git grep -w -n foo HEAD~2 -- src
git grep --count foo
git grep -p main
git grep -A2 -B2 foo
git grep --untracked foo
git grep -l foo src test
git grep -F '$HOME'
git shortlog -s -n --no-merges
git shortlog -sn --all
git describe
git describe --tags
git describe --contains HEAD~2
git reflog --date=iso -5
git reflog show HEAD
git merge-base --is-ancestor HEAD~1 HEAD
git merge-base HEAD dev
git name-rev HEAD
git show-ref
git show-ref --heads
git show-ref --tags
git for-each-ref refs/tags --format='%(refname)'
git config user.name
git config --get core.bare
git config --get-all remote.origin.fetch
git config --list --name-only
git config --local --get user.email
git check-ignore -v dist
git check-ignore node_modules dist
git check-attr -a a.txt
git check-attr diff -- a.txt
git symbolic-ref --short HEAD
git cherry main dev
git diff-tree --no-commit-id --name-only -r HEAD
git diff-index --quiet HEAD
git diff-index --cached HEAD
git diff-files --name-only
git count-objects -v
git range-diff HEAD~3..HEAD~1 HEAD~2..HEAD
git format-patch -1 --stdout HEAD
git --no-pager log --oneline -5
git --no-pager show HEAD
git -C src status
git -C src log -1 --oneline
git -C src diff
git -C src grep a1
git worktree list --porcelain
grep -rnE "a|b" src test
grep -rin todo src
grep -rn --include='*.ts' --include='*.tsx' foo .
grep -rn "foo" . --exclude-dir=node_modules --exclude-dir=.git
grep -rl foo .
grep -rL foo .
grep -rc foo src
grep -roh '[a-z]*' src
grep -r -n -i "foo bar" .
grep -r foo
grep --recursive --line-number foo src
grep -rnw src -e foo
grep -rn foo src/a.ts
grep -n foo a.txt b.txt
grep -nE '^import .* from' src/a.ts
grep -c foo a.txt
grep -in FOO a.txt
grep -A 5 -B 5 foo a.txt
grep -v -e a -e b a.txt
grep -x foo a.txt
grep -oE '[0-9]+' a.txt
grep -oP 'fo\Ko' a.txt
grep -Fx foo a.txt
grep -L foo a.txt
grep --help
grep -s foo nosuch
grep -z foo a.txt
grep -T foo a.txt
grep -y foo a.txt
grep -rIl foo .
grep -r --include=*.ts foo src
grep -rn 'function \w\+(' src
grep foo -r src
grep -e foo -r src
find . -type f
find . -name node_modules -prune -o -type f -print
find . -path ./node_modules -prune -o -name '*.ts' -print
find src -type f -name '*.test.ts' -o -name '*.spec.ts'
find . -type f -size +10k -not -path '*/.git/*'
find . -maxdepth 1 -type d
find . -mindepth 1 -maxdepth 2 -type f
find . -newer package.json
find . -mtime +30 -type f
find . -type l
find . -iname '*readme*'
find . -name '*.ts' -not -name '*.test.ts'
find . -name '*.md' -print0
find . -type f -empty
find . -type f -printf '%T@ %p\n'
find . -ls
find /tmp -maxdepth 0
find . -type f,d
find . -perm 644
find . -executable -type f
find . -regextype posix-extended -regex '.*\.(ts|js)'
find . -depth -type d -empty
find . -user root
find . -name 'a.txt' -quit
find . -amin -5
find . -name "*.ts" -size -10k
sort a.txt
sort -u a.txt
sort -n sizes.txt
sort -k1,1 -k2,2nr a.csv -t,
sort -rn -k 2 data.txt
sort -c sorted.txt
sort -t: -k3 -n a.txt
sort --unique a.txt
sort -f a.txt
sort -R a.txt
sort -z a.txt
sort -s -k1,1 a.txt
uniq a.txt
uniq -u sorted.txt
uniq -i a.txt
uniq -c a.txt
uniq -f 1 a.txt
head a.txt
head -1 a.txt
head -n 1 a.txt b.txt
head -c 1M a.txt
head -q -n1 a.txt b.txt
head --bytes=10 a.txt
head -n1 -v a.txt
tail a.txt
tail -1 a.txt
tail -n 5 a.txt
tail -n5 a.txt
tail -n +2 a.txt
tail --lines=3 a.txt
tail -c 10 a.txt
wc -l a.txt b.txt
wc -w a.txt
wc -c src/a.ts
wc -m a.txt
wc --lines a.txt
cut -d, -f1 a.csv
cut -d' ' -f1 a.txt
cut -f 2 a.txt
cut -c 1-5 a.txt
cut -d : -f 1 --output-delimiter=, a.txt
cut -d= -f2- config.ini
cut -b1-3 a.txt
cat package.json
cat -n a.txt
cat -b a.txt
cat a.txt b.txt
cat src/a.ts
tac a.txt
nl a.txt
rev a.txt
fold -w 80 a.txt
fold -s -w 20 a.txt
column -t a.txt
column -t -s, a.csv
paste a.txt b.txt
paste -sd, a.txt
paste -d, a.txt b.txt
join a.txt b.txt
comm -13 a.txt b.txt
comm -3 a.txt b.txt
tr 'a-z' 'A-Z'
tr -d '[:space:]'
tr -cd '[:print:]'
tr ',' '\n'
tr -s '\n'
sed -n '1,20p' a.txt
sed -n '5,$p' a.txt
sed -n 10p a.txt
sed 's/foo/bar/' a.txt
sed 's/foo/bar/2' a.txt
sed -E 's/([a-z]+) ([a-z]+)/\2 \1/' a.txt
sed '/foo/d' a.txt
sed '1,5d' a.txt
sed -n '/foo/p' a.txt
sed -n '/foo/,/1/p' a.txt
sed 's/^[ \t]*//' a.txt
sed 's/[[:space:]]*$//' a.txt
sed 's#a/b#c#g' a.txt
sed 's/a/b/gI' a.txt
sed '1!G;h;$!d' a.txt
sed '$!d' a.txt
sed '1~2d' a.txt
sed = a.txt
sed -n '$p' a.txt
sed '/^$/d' a.txt
sed 5q a.txt
sed -n -e 1p -e 3p a.txt
sed 's/\//|/g' a.txt
sed -n 'l' a.txt
sed '/foo/!d' a.txt
sed -s -n 1p a.txt b.txt
sed --quiet 1p a.txt
diff -u a.txt b.txt
diff -ru dir1 dir2
diff -r a b
diff -rq dir1 dir2
diff -Naur dir1 dir2
diff -w a.txt b.txt
diff -B a.txt b.txt
diff --brief a.txt b.txt
diff -y -W 80 a.txt b.txt
diff --side-by-side a.txt b.txt
diff -U3 a.txt b.txt
diff -c a.txt b.txt
diff -i a.txt b.txt
diff --color=never a.txt b.txt
diff -r --exclude=node_modules dir1 dir2
diff -x '*.o' -r dir1 dir2
diff a.txt -
diff dir1 dir2
diff --unified=1 a.txt b.txt
diff -s a.txt a.txt
diff --strip-trailing-cr a.txt b.txt
cmp a.txt b.txt
cmp -l a.txt b.txt
cmp -n 10 a.txt b.txt
ls -l
ls -a
ls -al
ls -l src
ls -ltr
ls -1 src
ls -lhS
ls -ld src
ls -A
ls -lh package.json
ls --color=auto -la
ls -p
ls -i
ls -la --time-style=long-iso
ls -l --full-time
ls -R test
ls -la src test
ls -lX
ls --sort=time
ls --group-directories-first -l
ls -Sr
du -sh src
du -sh src test
du -ah --max-depth=1
du -h -d 1
du -sk .
du -sb src
du -c src test
du -sh --exclude=node_modules .
du -hs .
df -h /
df -i
df -k .
df -T
df --output=avail -h .
stat src
stat -c %s a.txt
stat -c '%a %n' a.txt
stat --format='%y' a.txt
stat -f .
stat -t a.txt
file a.txt
file src/a.ts package.json
file -i a.txt
file --mime-type a.txt
file -b a.tgz
readlink a.txt
readlink -f .
realpath .
realpath --relative-to . src
basename /a/b/c.ts .ts
basename -a a/b c/d
dirname src/a.ts
jq '.a.b' package.json
jq -r '.version' package.json
jq '.scripts' package.json
jq 'keys' package.json
jq -c . package.json
jq '.scripts | to_entries[] | .key' package.json
jq -S . package.json
jq -e '.name' package.json
jq --raw-output '.version' package.json
jq 'length' package.json
jq '.include[]?' package.json
jq -s '.[0]' package.json tsconfig.json
jq --tab . package.json
jq --indent 2 . package.json
jq 'map_values(type)' package.json
jq '{v: .version}' package.json
jq -r '.scripts | keys | join(", ")' package.json
jq 'del(.scripts)' package.json
jq -n '1+1'
tar -tzf a.tgz
tar tf a.tar
tar tvf a.tar
tar -tvzf a.tgz
tar --list -f a.tar
tar xOf a.tar src/a.ts
tar -xzOf a.tgz src/a.ts
md5sum a.txt b.txt
sha1sum a.txt
sha256sum a.txt
sha512sum a.txt
cksum a.txt
base64 a.txt
base64 -w0 a.txt
xxd a.txt
xxd -l 16 a.txt
xxd -p a.txt
xxd -s 4 -l 4 a.txt
od -c a.txt
od -An -tx1 a.txt
od -A x -t x1z a.txt
echo hi
echo "a b"
printf '%d\n' 5
date '+%Y-%m-%d %H:%M:%S'
date -u
date -d @0
date -d '2026-01-01 +1 day' +%F
date --iso-8601=seconds
date +%s
date -r a.txt
seq 5
seq 1 2 9
seq -s, 3
seq -w 1 10
which node npm
uname
uname -r
uname -srm
id -un
nproc --all
uptime -p
hostname
test -e package.json
test -f a.txt -a -d src
test -z ""
test 1 -eq 1
test -s a.txt
test -r a.txt
false
sleep 0.1
tree
tree -L 2
tree -a -I node_modules
tree -d src
tree -L 2 -I 'node_modules|dist'
rg foo
rg -n foo src
rg -i foo
rg -l foo
rg -c foo
rg -w foo -t ts
rg 'a|b' -g '!*.test.ts'
rg --hidden foo
rg -uu foo
rg -A 2 -B 2 foo
rg -F 'a.b'
rg -e foo -e bar
rg --files src
rg --files -g '*.ts'
rg -o '[0-9]+'
rg --json foo
rg -U 'a\nb'
rg --type-list
rg -S foo
rg -tjs foo
rg foo -C3
rg --no-heading -n foo
rg --max-count 1 foo
rg --sort path foo
npm -v
npm ls --depth 0
npm ls --all
npm ls typescript
npm list --depth=0
npm why typescript
npm explain typescript
npm pkg get name
npm pkg get scripts
npm root
npm prefix
npm query '.dev'
`);

/** For developers. */
export const MORE_DEVELOPING = lines(String.raw`
npm test -- --run
npm run test -- packages/core
npm run build --workspaces --if-present
npm run build -w packages/core
npm run typecheck
npm run dev
npm run test:unit
npm run lint -- --fix
npm stop
npm run -w @scope/pkg build
npx vitest run packages/core/test/a.test.ts
npx vitest run -t "name"
npx vitest --run
npx vitest run --reporter=verbose
npx vitest run --coverage
npx vitest run --bail 1
npx vitest list
npx vitest related src/a.ts
npx vitest run --project core
npx vitest run --update
npx vitest run --no-file-parallelism
npx tsc
npx tsc --noEmit
npx tsc --noEmit -p tsconfig.json
npx tsc -b --force
npx tsc --build --verbose
npx tsc --noEmit --skipLibCheck
npx tsc --showConfig
npx tsc --listFiles
npx tsc --version
npx tsc --noEmit src/a.ts
npx tsc --noEmit --strict --target es2022 src/a.ts
npx eslint .
npx eslint src --fix
npx eslint src/a.ts --format json
npx eslint --max-warnings=0 src
npx eslint . --cache
npx eslint --quiet src test
npx prettier --check src
npx prettier --write src/a.ts
npx prettier -l .
npx prettier --check "src/**/*.ts"
npx oxlint src
npx oxlint --deny-warnings
npx tsx script.ts
npx tsx script.ts --flag
tsc -p .
eslint .
prettier --check .
vitest
node ./script.js
node src/index.js --port 3000
node --test test/
node --test "test/**/*.test.js"
node --test --test-name-pattern "works" test/a.test.js
node --test --watch
node --test --experimental-test-coverage
node --watch script.js
node --enable-source-maps script.js
node --trace-warnings script.js
node --max-old-space-size=2048 script.js
node --max-old-space-size 2048 script.js
node --no-warnings script.js
node --experimental-strip-types script.ts
git add --all
git add -u
git add src
git add src/a.ts package.json
git add -- src/a.ts
git add -f dist/x.js
git add -n .
git add '*.ts'
git commit -m "msg"
git commit -am "msg"
git commit -a -m "msg"
git commit --amend -m "msg"
git commit -m "msg" -- src/a.ts
git commit --allow-empty -m "msg"
git commit --fixup HEAD
git commit -F message.txt
git commit -s -m "msg"
git commit --no-verify -m x
git commit -q -m x
git checkout -b new-branch
git checkout -b new origin/main
git checkout HEAD -- src/a.ts
git checkout HEAD~1
git checkout --theirs src/a.ts
git checkout --detach
git checkout .
git switch -c new
git switch -
git switch --detach HEAD~1
git restore .
git restore --staged src/a.ts
git restore --staged --worktree src
git restore -s HEAD~1 src/a.ts
git branch new
git branch new HEAD~1
git branch -m new
git branch --set-upstream-to=origin/main
git branch -u origin/main main
git merge main
git merge --no-edit main
git merge --ff-only origin/main
git merge --squash dev
git merge --continue
git rebase --abort
git rebase --skip
git rebase origin/main --autostash
git cherry-pick HEAD~1
git cherry-pick main..dev
git cherry-pick --abort
git revert HEAD --no-edit
git revert -n HEAD~1
git reset
git reset HEAD
git reset HEAD src/a.ts
git reset --mixed HEAD~1
git reset -- src/a.ts
git stash push
git stash push -m "wip" src/a.ts
git stash push -- src/a.ts
git stash push -u
git stash --include-untracked
git stash -a
git stash save
git stash -k
git stash pop stash@{1}
git stash apply
git tag v1.0.1
git tag -a v1 -m "v1"
git tag v1 HEAD~1
git mv src/a.ts src/b.ts
git rm src/a.ts
git rm -r src/old
git rm --cached src/a.ts
git init sub
git init -b main
mkdir src/new
mkdir -p a/b/c
touch a.txt b.txt
touch -d '2026-01-01' a.txt
cp -r src src2
cp -R src src2
cp -a src src2
cp -p a.txt b.txt
cp -v a.txt b.txt src
cp a.txt src/
cp -n a.txt b.txt
cp -rp src backup
cp -u a.txt b.txt
mv -f a.txt b.txt
mv src/a.ts src/b.ts test
mv -n a b
mv -v a.txt src/
rmdir src/empty
tar czf out.tgz src
tar -czvf out.tgz src test
tar cf out.tar .
tar -cf out.tar --exclude=node_modules .
tar -cJf out.tar.xz src
tar czf out.tgz -C src .
sort -o out.txt a.txt
sort a.txt -o a.txt
`);

function lines(table: string): string[] {
  return table.trim().split('\n');
}
