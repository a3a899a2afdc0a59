import { describe, expect, test } from 'vitest';
import { CommandLineError, parseCommandLine } from '../../src/command.ts';

/** The words of the only command of a line. */
function words(line: string): readonly string[] {
  const [step] = parseCommandLine(line).steps;
  const [command] = step?.commands ?? [];
  return [command?.program ?? '', ...(command?.args ?? [])];
}

describe('a line becomes a plan', () => {
  test('pipelines, conditions and redirects keep their order', () => {
    expect(parseCommandLine('git log -5 2>&1 | head -3 >out.txt && echo ok || echo bad; ls').steps).toEqual([
      {
        when: 'always',
        commands: [
          { program: 'git', args: ['log', '-5'], redirects: [{ fd: 2, mode: 'duplicate', target: 1 }] },
          { program: 'head', args: ['-3'], redirects: [{ fd: 1, mode: 'write', target: 'out.txt' }] },
        ],
      },
      { when: 'onSuccess', commands: [{ program: 'echo', args: ['ok'], redirects: [] }] },
      { when: 'onFailure', commands: [{ program: 'echo', args: ['bad'], redirects: [] }] },
      { when: 'always', commands: [{ program: 'ls', args: [], redirects: [] }] },
    ]);
  });

  test.each([
    ['sort < in.txt', [{ fd: 0, mode: 'read', target: 'in.txt' }]],
    ['sort 0<in.txt', [{ fd: 0, mode: 'read', target: 'in.txt' }]],
    ['ls >> all.txt', [{ fd: 1, mode: 'append', target: 'all.txt' }]],
    ['ls 2> errors.txt', [{ fd: 2, mode: 'write', target: 'errors.txt' }]],
    ['ls 2>> errors.txt', [{ fd: 2, mode: 'append', target: 'errors.txt' }]],
    [
      'ls >/dev/null 2>&1',
      [
        { fd: 1, mode: 'write', target: '/dev/null' },
        { fd: 2, mode: 'duplicate', target: 1 },
      ],
    ],
    [
      'ls 2>&1 >a',
      [
        { fd: 2, mode: 'duplicate', target: 1 },
        { fd: 1, mode: 'write', target: 'a' },
      ],
    ],
    ['echo x >&2', [{ fd: 1, mode: 'duplicate', target: 2 }]],
    ['echo x 1>&2', [{ fd: 1, mode: 'duplicate', target: 2 }]],
    ['>out.txt ls', [{ fd: 1, mode: 'write', target: 'out.txt' }]],
    ['ls > "a b.txt"', [{ fd: 1, mode: 'write', target: 'a b.txt' }]],
  ])('%s', (line, redirects) => {
    expect(parseCommandLine(line).steps[0]?.commands[0]?.redirects).toEqual(redirects);
  });

  test.each([
    ['a line end separates commands', 'ls\npwd'],
    ['a comment is nothing', 'ls # and more\npwd'],
    ['; at the end is nothing', 'ls; pwd;'],
  ])('%s', (_, line) => {
    expect(parseCommandLine(line).steps.map(({ commands }) => commands[0]?.program)).toEqual(['ls', 'pwd']);
  });
});

describe('everyday words', () => {
  test.each([
    [`grep -rn "a|b" src`, ['grep', '-rn', 'a|b', 'src']],
    [`grep -E -c '^(a|b)$' file`, ['grep', '-E', '-c', '^(a|b)$', 'file']],
    [`find . -name "*.ts" -newer package.json`, ['find', '.', '-name', '*.ts', '-newer', 'package.json']],
    [
      String.raw`find . \( -name '*.ts' -o -name '*.js' \) -print`,
      ['find', '.', '(', '-name', '*.ts', '-o', '-name', '*.js', ')', '-print'],
    ],
    [String.raw`find . -name \*.ts`, ['find', '.', '-name', '*.ts']],
    [
      `git log --since="2 weeks ago" --author=Ann --grep='fix: .*'`,
      ['git', 'log', '--since=2 weeks ago', '--author=Ann', '--grep=fix: .*'],
    ],
    [`git show HEAD~1:src/a.ts`, ['git', 'show', 'HEAD~1:src/a.ts']],
    [`git diff HEAD@{1} HEAD^{tree} stash@{0}`, ['git', 'diff', 'HEAD@{1}', 'HEAD^{tree}', 'stash@{0}']],
    [`git log main..dev --format='%h %s'`, ['git', 'log', 'main..dev', '--format=%h %s']],
    [`git commit -m "It's done"`, ['git', 'commit', '-m', "It's done"]],
    [`git commit -m 'say "hi"'`, ['git', 'commit', '-m', 'say "hi"']],
    [String.raw`echo "a \"quoted\" word" 'it'\''s'`, ['echo', 'a "quoted" word', "it's"]],
    [`sed -n '1,20p' file`, ['sed', '-n', '1,20p', 'file']],
    [`sed 's/a$/b/' file`, ['sed', 's/a$/b/', 'file']],
    [`awk '{print $1}' file`, ['awk', '{print $1}', 'file']],
    [`echo a#b = == != ! x=y`, ['echo', 'a#b', '=', '==', '!=', '!', 'x=y']],
    [`echo ''`, ['echo', '']],
    [`echo a"b"'c'd`, ['echo', 'abcd']],
    [`echo 100% done`, ['echo', '100%', 'done']],
    [`echo "$" a$`, ['echo', '$', 'a$']],
    [String.raw`echo "costs \$5"`, ['echo', 'costs $5']],
    [String.raw`printf 'a\tb\n'`, ['printf', String.raw`a\tb\n`]],
    [String.raw`grep $'\t' file`, ['grep', '\t', 'file']],
    [`sed 'a\\\nmore' file`, ['sed', 'a\\\nmore', 'file']],
    [`echo "two\nlines"`, ['echo', 'two\nlines']],
    [`echo 'ünïcödé 日本 🎉'`, ['echo', 'ünïcödé 日本 🎉']],
    [`npm run build -- --watch=false`, ['npm', 'run', 'build', '--', '--watch=false']],
    [`ls a~ b~1`, ['ls', 'a~', 'b~1']],
    [`echo {} {a} a}b`, ['echo', '{}', '{a}', 'a}b']],
    [`'if' x`, ['if', 'x']],
    [`tr -d "'"`, ['tr', '-d', "'"]],
    [`cut -d: -f1,3 a.txt`, ['cut', '-d:', '-f1,3', 'a.txt']],
    [`\tls\t-la `, ['ls', '-la']],
  ])('%s', (line, expected) => {
    expect(words(line)).toEqual(expected);
  });
});

describe('what a shell would compute is refused', () => {
  test.each([
    ['a variable', 'cat $HOME', 4],
    ['a variable in quotes', 'cat "$HOME/x"', 5],
    ['a variable as the program', '$SHELL', 0],
    ['a part of a variable', 'cat ${x:-y}', 4],
    ['an indirect variable', 'cat ${!x}', 4],
    ['a positional parameter', 'cat $1 $@', 4],
    ['a command', 'cat $(ls)', 4],
    ['a command in quotes', 'cat "a $(ls)"', 7],
    ['backticks', 'cat `ls`', 4],
    ['backticks in quotes', 'cat "`ls`"', 5],
    ['arithmetic', 'echo $((1+1))', 5],
    ['old arithmetic', 'echo $[1+1]', 5],
    ['old arithmetic in quotes', 'echo "$[1+1]"', 6],
    ['a star', 'rm *', 3],
    ['a question mark', 'rm a?', 4],
    ['a bracket', 'rm [ab]', 3],
    ['an extended pattern', 'rm @(a|b)', 3],
    ['braces', 'rm {a,b}', 3],
    ['a range', 'rm a{1..3}', 4],
    ['home', 'cat ~/.ssh/id_rsa', 4],
    ["someone's home", 'cat ~root/x', 4],
    ['home after =', 'tar --file=~/x', 4],
    ['home after :', 'echo a:~/x', 5],
    ['a process', 'diff <(ls) <(ls)', 5],
    ['an output process', 'tee >(cat)', 4],
    ['a translated string', 'echo $"x"', 5],
    ['an escape by number', String.raw`echo $'\x2e'`, 5],
    ['a control escape', String.raw`echo $'\cA'`, 5],
    ['an assignment', 'PATH=. ls', 0],
    ['only an assignment', 'PATH=.', 0],
    ['an array', 'a=(1 2)', 0],
    ['an exported variable (CVE-2026-22708)', 'export PAGER=sh', 7],
    ['a local alias', 'alias ls=sh', 6],
    ['a function', 'f() { ls; }', 0],
    ['another function', 'function f { ls; }', 0],
    ['a group', '{ ls; }', 0],
    ['a subshell', '(ls)', 0],
    ['a loop', 'for a in b; do ls; done', 0],
    ['another loop', 'while true; do ls; done', 0],
    ['a condition', 'if true; then ls; fi', 0],
    ['a case', 'case a in a) ls;; esac', 0],
    ['a test', '[[ -f x ]]', 0],
    ['arithmetic as a command', '((1))', 0],
    ['a coprocess', 'coproc ls', 0],
    ['background', 'sleep 9 &', 8],
    ['background in the middle', 'sleep 9 & ls', 8],
    ['not', '! ls', 0],
    ['time', 'time ls', 0],
    ['a pipe of both streams', 'ls |& cat', 0],
    ['a here document', 'cat <<E\n$x\nE', 4],
    ['a quoted here document', "cat <<'E'\nx\nE", 4],
    ['a here string', 'cat <<< x', 4],
    ['another stream', 'ls 3>x', 3],
    ['a stream by name', 'ls {fd}>x', 3],
    ['reading and writing', 'ls <>x', 3],
    ['overwriting', 'ls >|x', 3],
    ['both streams', 'ls &>x', 3],
    ['closing a stream', 'ls >&-', 3],
    ['moving a stream', 'ls 2>&1-', 3],
    ['a stream to a file', 'ls >&x', 3],
    ['copying input', 'ls <&0', 3],
    ['a connection', 'cat </dev/tcp/evil/80', 4],
    ['a target that is computed', 'ls > $x', 5],
    ['an empty target', "ls > ''", 3],
    ['a continued word', 'l\\\ns', 0],
    ['a continued word in quotes', 'echo "a\\\nb"', 5],
    ['an empty program', "'' x", 0],
    ['nothing', '', 0],
    ['only a comment', '# ls', 0],
    ['only a redirect', '> x', 0],
    ['a quote that does not end', "echo 'a", 5],
    ['a double quote that does not end', 'echo "a', 5],
    ['an operator at the end', 'ls &&', 5],
    ['an operator at the start', '| ls', 0],
    ['two operators', 'ls ;; ls', 3],
    ['NUL', 'ls\0 x', 2],
    ['a carriage return', 'ls\r\nrm x', 2],
    ['an escape character', 'ls \u001b[2K', 3],
    ['a space that is none', 'ls\u00a0-la', 2],
    ['an ideographic space', 'ls\u3000x', 2],
    ['a turned text', 'echo \u202etxt.exe', 5],
    ['an isolate', 'echo \u2066x', 5],
    ['a zero-width space', 'l\u200bs', 1],
    ['a byte order mark', '\ufeffls', 0],
    ['half a character', 'echo \ud800', 5],
    ['a C1 control', 'echo \u0085x', 5],
    ['a delete character', 'echo \u007f', 5],
  ])('%s', (_, line, at) => {
    const error = refusal(line);
    expect(error.code).toBe('COMMAND_LINE_NOT_ALLOWED');
    expect(error.offset).toBe(at);
  });

  test('the message names the place, the part and what would be allowed', () => {
    expect(refusal('cat $HOME/x').message).toBe(
      'Character 5, "$HOME": variables are not expanded. Put the text in single quotes if it is meant as it stands.',
    );
    expect(refusal('ls &>x').message).toContain('2>&1');
  });

  test('messages show nothing invisible', () => {
    expect(refusal('echo \u202ex').message).toContain('\\u{202e}');
  });
});

describe('limits', () => {
  test('32 commands and no more', () => {
    const line = Array.from({ length: 32 }, () => 'ls').join(' | ');
    expect(parseCommandLine(line).steps[0]?.commands).toHaveLength(32);
    expect(refusal(`${line}; ls`).message).toContain('more than 32 commands');
  });

  test('64 KiB and no more, counted in bytes', () => {
    expect(words(`echo '${'x'.repeat(65_000)}'`)[1]).toHaveLength(65_000);
    expect(refusal(`echo '${'x'.repeat(65_536)}'`).message).toContain('64 KiB');
    expect(refusal(`echo '${'é'.repeat(40_000)}'`).message).toContain('64 KiB');
  });

  test.each(['(', '$(', '{ ', '"$(', '((', 'if ', '<(', '`'])('deep nesting of %s ends quickly', (open) => {
    expect(() => parseCommandLine(open.repeat(60_000 / open.length))).toThrow(CommandLineError);
  });
});

function refusal(line: string): CommandLineError {
  try {
    parseCommandLine(line);
  } catch (error) {
    if (error instanceof CommandLineError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(line)}`);
}
