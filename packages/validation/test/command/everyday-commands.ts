// A policy that breaks one of these is wrong.
/** What everyone may do who may look. */
export const READING = lines(String.raw`
git log --oneline -5
git log --oneline -n 10
git log -n5 --stat
git log -1
git log -p -1 --no-color
git log -p -- src/a.ts
git log --since="2 weeks ago" --author=Ann --grep='fix: .*'
git log --since '1 month ago' --author 'Ann B'
git log --graph --all --decorate --oneline
git log --pretty=format:'%h %an %s' --date=short
git log --format='%H' main..HEAD
git log --format %h -3
git log main..dev -- src
git log main...dev --left-right
git log main --not origin/main
git log -S'needle' --oneline
git log -G 'regex.*' -- src
git log -L 1,20:src/a.ts
git log -L :main:src/a.ts
git log --follow -- README.md
git log --name-only --diff-filter=AM
git log --merges --first-parent main
git log --reverse --topo-order
git log --numstat --no-merges
git log --until=2026-01-01 --committer=bob
git log HEAD~3..
git log @{u}..
git log ..origin/main
git log v1.0..v2.0
git log ':/fix nasty bug'
git log src
git diff
git diff --staged
git diff --cached --stat
git diff HEAD~1 -- src
git diff HEAD
git diff HEAD^ HEAD
git diff main...feature/x
git diff -U10 src/a.ts
git diff -w --ignore-blank-lines
git diff --name-only main
git diff --name-status HEAD~2
git diff --word-diff=color
git diff --word-diff
git diff -M90% --summary
git diff --check
git diff stash@{0}
git diff -- ':!package-lock.json'
git diff -- '*.ts'
git diff HEAD -- package.json src/index.ts
git diff --diff-algorithm=histogram
git show
git show HEAD
git show HEAD:path
git show HEAD:./path/file.ts
git show HEAD~2:package.json
git show --stat HEAD
git show --name-only abc1234
git show -s --format=%B HEAD
git show v1.0^{commit}
git show :0:file
git status
git status -s
git status -sb
git status --porcelain=v2 --branch
git status --short --ignored
git status -uno
git status src
git branch
git branch -a
git branch -vv
git branch -r
git branch --show-current
git branch --list 'feature/*'
git branch --contains HEAD
git branch --merged main
git branch -a --sort=-committerdate
git tag
git tag -l
git tag -l 'v1.*'
git tag --list --sort=-v:refname
git tag -n
git remote
git remote -v
git remote get-url origin
git stash list
git stash show
git stash show -p stash@{1}
git blame src/a.ts
git blame -L 10,20 src/a.ts
git blame -w HEAD~3 -- src/a.ts
git ls-files
git ls-files -o --exclude-standard
git ls-files '*.ts'
git ls-files -m
git ls-tree -r HEAD --name-only
git ls-tree HEAD src/
git rev-parse HEAD
git rev-parse --short HEAD
git rev-parse --abbrev-ref HEAD
git rev-parse --show-toplevel
git rev-parse --git-dir
git rev-parse --is-inside-work-tree
git rev-parse --verify main
git rev-list --count HEAD
git rev-list --count main..HEAD
git describe --tags --always --dirty
git describe --tags --abbrev=0
git shortlog -sn
git shortlog -sne --since=2026-01-01
git shortlog -sn HEAD
git grep -n 'TODO' -- src
git grep -i todo
git grep -E 'a|b' HEAD~5
git grep -e foo --and -e bar
git grep -c pattern
git grep -l needle -- '*.ts'
git reflog
git reflog -10
git reflog show main
git merge-base main HEAD
git cat-file -p HEAD
git cat-file -t abc123
git for-each-ref --sort=-committerdate --format='%(refname:short)' refs/heads
git config --get user.name
git config --get remote.origin.url
git worktree list
git check-ignore -v node_modules
git count-objects -vH
git --version
git version
git -C packages/core status
git -C packages/core log --oneline -3
git --no-pager log -3
git --no-pager diff
git log -h
git cherry -v main
git whatchanged -2
grep -rn "a|b" src
grep -rn TODO .
grep -E -c '^(a|b)$' file
grep -i needle README.md
grep -v '^#' config.ini
grep -rl "import" --include='*.ts' src
grep -rn --include=*.json version .
grep -A3 -B 2 error log.txt
grep -C5 error log.txt
grep -5 error log.txt
grep -o 'v[0-9.]*' file
grep -w foo a.txt b.txt
grep -e foo -e bar file
grep -P '\d{3}' file
grep -F '$HOME' file
grep -nH pattern file
grep --color=never x y
grep --exclude-dir=node_modules -r foo .
grep -m 1 foo bar
grep -c '' file
grep -q foo file
grep -- -v file
grep -e -v file
egrep 'a|b' file
fgrep a.b file
find . -name "*.ts" -newer package.json
find . -name '*.test.ts' -type f
find . -type f -name '*.md' -not -path './node_modules/*'
find . -type d -name dist -prune -o -name '*.js' -print
find src -maxdepth 2
find . \( -name '*.a' -o -name '*.b' \) -print0
find . ! -name '*.ts'
find . -mtime -7
find . -size +1M
find . -empty -type f
find . -iname readme.md
find src test -name index.ts
find . -newermt '2026-01-01'
find . -perm -u+x -type f
find . -regex '.*\.ts'
find . -type f -printf '%s %p\n'
find
find . -mmin -60
sort -k2,2n -u
sort -k2,2n -u file
sort -rn data.txt
sort -t, -k1,1 a.csv
sort --reverse --numeric-sort x
sort -u a b
sort -h sizes.txt
sort -V tags.txt
sort
uniq -c
uniq -d sorted.txt
ls -la
ls
ls -lah src
ls -R src
ls -1t
ls -lS --color=never
ls --all packages
ls -d src test
ls -lart
ls -F
ls @types
cat README.md
cat -n src/a.ts
cat a b c
cat -
cat -A file
head -20 file
head -n 5 a.txt
head -n5 a.txt b.txt
head -n -5 a
head -c 100 a
head --lines=3 a
head -c 10K a
tail -50 log
tail -n +5 log
tail -f server.log
tail -n 100 -f server.log
tail -c 200 x
wc -l file
wc -lwc a b
wc
sed -n '1,20p' file
sed -n '5p' file
sed 's/a/b/g' file
sed -e 's/a/b/' -e 's/c/d/' file
sed -E 's/(a|b)+/x/g' file
sed '/^#/d' file
sed -n '/start/,/end/p' file
sed 's|/usr/bin|/opt|' file
sed 's/[^/]*$//' paths
sed '$d' file
sed -n '$=' file
sed '1d;$d' file
sed -n '10,20p;30q' file
sed 'y/abc/xyz/' file
sed '/a/{s/b/c/;p}' file
sed ':a;N;$!ba;s/\n/ /g' file
sed '2i hello there' file
sed '$a the end' file
sed -n '2{p;q}' file
sed 's/&/and/; s/write/read/' file
sed "s/it's/its/" file
sed 's/word/e/g' f
sed --expression='s/a/b/' f
cut -d: -f1,3 file
cut -c1-10 file
cut -d ' ' -f 2-
tr a-z A-Z
tr -d '\n'
tr -s ' '
diff a b
diff -u old.txt new.txt
diff -r dir1 dir2
diff -qr a b
diff -y --suppress-common-lines a b
diff -u a -
cmp a b
cmp -s a b
comm -12 a b
stat package.json
stat -c '%s %n' file
file image.png
file -b --mime-type a.bin
du -sh .
du -sh node_modules
du -h --max-depth=1
du -d1 -h .
df -h
df -h .
date
date +%F
date -u +%Y-%m-%dT%H:%M:%SZ
date -d 'yesterday' +%F
date -Iseconds
echo hello
echo -n "no newline"
echo -e 'a\tb'
echo --output=x is only text
echo "50% of \$100"
printf '%s\n' a b
pwd
basename src/a.ts .ts
dirname /usr/lib/x
realpath src
realpath --relative-to=. src/a.ts
readlink -f package.json
which node
true
test -f package.json
test -d src
test ! -e dist
test "a" = "a"
seq 1 10
sleep 1
md5sum file
sha256sum a b
base64 -d a.txt
nl -ba file
tac file
tar -tf a.tgz
tar tzf a.tgz
tar -tvf a.tar src
tar --list --file=a.tar
tar -xOf a.tar src/a.ts
node --version
node -v
node --check src/a.js
npm --version
npm ls
npm ls --depth=0
npm ls zod --all
npm why zod
npm pkg get version
jq . package.json
jq -r '.scripts | keys[]' package.json
jq '.include' tsconfig.json
jq -r .version package.json
rg -n "a|b" src
rg -i needle -g '*.ts'
rg --files
rg -l foo -t ts
uname -a
whoami
id
nproc
`);

/** What developers do all day. */
export const DEVELOPING = lines(String.raw`
npm run build
npm run build -- --watch
npm run lint:fix
npm run -s test
npm run test --workspace packages/core
npm run
npm test
npm t
npm test -- -t 'one case'
npm start
npm -w packages/core run build
node --test
node --test test/a.test.js
node --test --test-reporter=spec
node --test --test-name-pattern 'works' test
node script.js
node script.js --flag value -x
node ./scripts/build.mjs --out dist
node --enable-source-maps dist/index.js
node --experimental-strip-types a.ts
node --max-old-space-size=4096 build.js
npx vitest
npx vitest run
npx vitest run test/a.test.ts -t 'does it'
npx --no-install tsc --noEmit
npx tsc -p tsconfig.json --noEmit
npx tsc -b
npx eslint . --fix
npx prettier --check .
vitest run
vitest run --coverage
vitest run --reporter=verbose packages/core
vitest related src/a.ts --run
tsc --noEmit
tsc -b packages/core
tsc --outDir dist
eslint src --ext .ts,.tsx --max-warnings 0
eslint --fix src/a.ts
oxlint --deny-warnings src
prettier --write src
prettier -c .
git add .
git add -A
git add src/a.ts src/b.ts
git commit -m "fix: it's done"
git commit -am 'all of it'
git commit --amend --no-edit
git commit -m title -m body
git commit --allow-empty -m x
git checkout main
git checkout -b feature/x
git checkout -b feature/x origin/main
git checkout -- src/a.ts
git checkout HEAD~1 -- src/a.ts
git checkout -
git switch main
git switch -c feature/y
git restore src/a.ts
git restore --staged .
git restore --source=HEAD~2 a.ts
git merge feature/x
git merge --no-ff feature/x -m 'merge it'
git merge --abort
git rebase main
git rebase --continue
git rebase --onto main a b
git cherry-pick abc123
git cherry-pick -x abc123
git revert HEAD
git stash
git stash push -m 'work in progress'
git stash -u
git stash pop
git stash apply stash@{1}
git branch feature/z
git branch -d merged-branch
git branch -m old new
git tag v1.2.3
git tag -a v1.2.3 -m 'release 1.2.3'
git reset HEAD~1
git reset --soft HEAD~1
git reset HEAD -- src/a.ts
git mv a.ts b.ts
git rm --cached a.ts
git init
mkdir -p src/new/deep
mkdir a b
touch a.txt
cp a.txt b.txt
cp -r src backup
cp a b c dir
mv a.txt b.txt
mv a b dir
tee out.txt
tee -a log.txt
tar -czf out.tgz src
tar czf out.tgz -C dist .
sort -o sorted.txt data.txt
uniq a.txt b.txt
rmdir empty
`);

/** What someone is asked about first. */
export const ASKING = lines(String.raw`
git push
git push origin main
git push -u origin feature/x
git push --force-with-lease
git push origin --delete old
git push origin v1.0
git fetch
git fetch --all --prune
git fetch origin main
git pull
git pull --rebase origin main
git clone https://github.com/a/b
git clone --depth 1 https://github.com/a/b dir
git ls-remote --heads origin
git reset --hard HEAD~1
git clean -fd
git branch -d -f old
git branch -D old
git tag -d v1.0
git stash drop
git stash clear
npm install
npm ci
npm i -D vitest
npm install lodash@^4.17.0 --save-exact
npm uninstall lodash
npm outdated
npm audit
npm view zod version
rm a.txt
rm -rf dist
rm -r src/old
tar xzf a.tgz
tar -xf a.tar -C out --strip-components=1
tar -xzf a.tgz --exclude=node_modules
cp -r src/. out
cp -r evil/.vscode .
cp evil/.mcp.json .
cp -r a evil/.husky b
cp .env.example copy
git clean -fdX
git clean -ndx
cp -rT src out
cp -a . ../copy
git checkout -f main
git switch --discard-changes main
npm audit fix
npm prune
npm dedupe
npm info zod
awk '{print $1}' file
awk -F: '{print $1}' file
`);

/** What someone is asked about first, in every profile. */
export const ASKING_ALWAYS = lines(String.raw`
git config --list
git config -l --show-origin
git config --get-regexp '^remote'
`);

function lines(table: string): string[] {
  return table.trim().split('\n');
}
