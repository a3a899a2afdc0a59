import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ToolError } from '../../../src/errors.ts';
import { linuxPlatform, windowsPlatform } from '../../../src/process/platform.ts';
import { createProgramFinder, findProgram } from '../../../src/process/programs.ts';
import { fakeClock } from '../../../src/testing/fake-clock.ts';

function directory(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'toolyard-programs-')));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function program(path: string, mode = 0o755): string {
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, mode);
  return path;
}

async function refusal(name: string, directories: readonly string[]): Promise<string> {
  try {
    return await findProgram(name, directories);
  } catch (error) {
    return error instanceof ToolError && error.code === 'PROGRAM_NOT_TRUSTED' ? error.message : String(error);
  }
}

describe.skipIf(process.platform === 'win32')('findProgram', () => {
  test.each(['sh', 'ls', 'env', 'sort', '['])('finds %s among the programs of the system', async (name) => {
    const file = await findProgram(name, ['/usr/local/bin', '/usr/bin', '/bin']);
    expect(file).toBe(realpathSync(file));
  });

  test('takes the first directory that has it, and follows links to the real file', async () => {
    const [empty, first, second] = [directory(), directory(), directory()];
    const real = program(join(second, 'tool-1.2'));
    symlinkSync(real, join(first, 'tool'));
    program(join(second, 'tool'));
    expect(await findProgram('tool', [empty, first, second])).toBe(real);
  });

  test('skips what cannot be run', async () => {
    const [first, second] = [directory(), directory()];
    program(join(first, 'tool'), 0o644);
    mkdirSync(join(first, 'other'));
    symlinkSync('/nowhere', join(first, 'third'));
    for (const name of ['tool', 'other', 'third']) {
      const file = program(join(second, name));
      expect(await findProgram(name, [first, second])).toBe(file);
    }
  });

  test('never looks in the working directory or in PATH', async () => {
    const planted = directory();
    program(join(planted, 'planted-tool'));
    const before = { cwd: process.cwd(), path: process.env['PATH'] };
    process.env['PATH'] = planted;
    onTestFinished(() => void (process.env['PATH'] = before.path));
    await expect(findProgram('planted-tool', [directory()])).rejects.toMatchObject({
      code: 'PROGRAM_NOT_FOUND',
    });
    await expect(findProgram('ls', ['.'])).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(findProgram('ls', [''])).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  test.each([
    '/bin/ls',
    './ls',
    '../bin/ls',
    'bin/ls',
    'a\\b',
    '',
    '.',
    '..',
    '-rf',
    '.hidden',
    'ls\0',
    'ls\n',
    'ls ',
    ' ls',
    'a b',
    'a;b',
    '$(ls)',
    'A=B',
    'ｌs',
    'ls\u200b',
    '~ls',
    'a'.repeat(129),
    'C:ls',
    '%PATH%',
    '[[',
    'ls:stream',
  ])('%j is no name of a program', async (name) => {
    await expect(findProgram(name, ['/usr/bin', '/bin'])).rejects.toThrow(/not the name of a program/);
  });

  test('says where it looked', async () => {
    await expect(findProgram('no-such-tool', ['/usr/bin', '/bin'])).rejects.toThrow(
      'The program "no-such-tool" is not installed in /usr/bin, /bin.',
    );
  });
});

describe.skipIf(process.platform === 'win32')('a program that any user could replace is not run', () => {
  test('because of its file', async () => {
    const root = directory();
    program(join(root, 'tool'), 0o777);
    expect(await refusal('tool', [root])).toMatch(/can be changed by any user/);
  });

  test('because of its directory, or one above it', async () => {
    const root = directory();
    mkdirSync(join(root, 'bin'));
    program(join(root, 'bin/tool'));
    chmodSync(join(root, 'bin'), 0o777);
    expect(await refusal('tool', [join(root, 'bin')])).toMatch(
      /bin is a directory in which any user can replace it/,
    );
    chmodSync(join(root, 'bin'), 0o755);
    chmodSync(root, 0o777);
    expect(await refusal('tool', [join(root, 'bin')])).toMatch(
      /is a directory in which any user can replace it/,
    );
  });

  test('because of where a link in between lies', async () => {
    const [first, open, last] = [directory(), directory(), directory()];
    program(join(last, 'tool'));
    symlinkSync(join(last, 'tool'), join(open, 'tool'));
    symlinkSync(join(open, 'tool'), join(first, 'tool'));
    expect(await findProgram('tool', [first])).toBe(join(last, 'tool'));
    chmodSync(open, 0o777);
    expect(await refusal('tool', [first])).toMatch(/in which any user can replace it/);
  });

  test('but a sticky directory keeps what is ours', async () => {
    const root = directory();
    const file = program(join(root, 'tool'));
    chmodSync(root, 0o1777);
    expect(await findProgram('tool', [root])).toBe(file);
  });

  test.skipIf(process.getuid?.() !== 0)('and not what belongs to others', async () => {
    const root = directory();
    program(join(root, 'tool'));
    chownSync(join(root, 'tool'), 65_534, 65_534);
    expect(await findProgram('tool', [root])).toBe(join(root, 'tool'));
    chmodSync(root, 0o1777);
    expect(await refusal('tool', [root])).toMatch(/belongs to another user/);
  });

  test.each([0o4755, 0o2755])('a program with mode %o runs as another user, and is not run', async (mode) => {
    const root = directory();
    program(join(root, 'tool'), mode);
    expect(await refusal('tool', [root])).toMatch(/runs as another user/);
  });

  test('links in a circle are not found', async () => {
    const root = directory();
    symlinkSync('b', join(root, 'a'));
    symlinkSync('a', join(root, 'b'));
    await expect(findProgram('a', [root])).rejects.toMatchObject({ code: 'PROGRAM_NOT_FOUND' });
  });
});

describe.skipIf(process.platform === 'win32')('createProgramFinder', () => {
  test('remembers where a program is, for a while', async () => {
    const [first, second] = [directory(), directory()];
    const clock = fakeClock();
    const finder = createProgramFinder({ directories: [first, second], keepMs: 1_000, clock });
    const file = program(join(second, 'tool'));
    expect(await finder.find('tool')).toBe(file);
    const earlier = program(join(first, 'tool'));
    expect(await finder.find('tool')).toBe(file);
    await clock.advance(1_001);
    expect(await finder.find('tool')).toBe(earlier);
  });

  test('looks again at once when the file was replaced, changed or removed', async () => {
    const [first, second] = [directory(), directory()];
    const finder = createProgramFinder({ directories: [first, second] });
    const file = program(join(first, 'tool'));
    expect(await finder.find('tool')).toBe(file);
    chmodSync(file, 0o777);
    await expect(finder.find('tool')).rejects.toMatchObject({ code: 'PROGRAM_NOT_TRUSTED' });
    chmodSync(file, 0o755);
    expect(await finder.find('tool')).toBe(file);
    program(join(first, 'new'), 0o4755);
    renameSync(join(first, 'new'), file);
    await expect(finder.find('tool')).rejects.toMatchObject({ code: 'PROGRAM_NOT_TRUSTED' });
    rmSync(file);
    const other = program(join(second, 'tool'));
    expect(await finder.find('tool')).toBe(other);
  });

  test('does not remember what it did not find', async () => {
    const root = directory();
    const finder = createProgramFinder({ directories: [root] });
    await expect(finder.find('tool')).rejects.toMatchObject({ code: 'PROGRAM_NOT_FOUND' });
    const file = program(join(root, 'tool'));
    expect(await finder.find('tool')).toBe(file);
  });
});

// The rules of Windows, on the files of this machine.
describe.skipIf(process.platform === 'win32')('on Windows', () => {
  const platform = { ...windowsPlatform(), isAbsolute: (path: string) => linuxPlatform(0).isAbsolute(path) };

  test('a program is found by its ending', async () => {
    const root = directory();
    program(join(root, 'tool'));
    const file = program(join(root, 'tool.exe'));
    expect(await findProgram('tool', [root], { platform })).toBe(file);
  });

  test.each(['npm.cmd', 'tool.bat', 'tool.ps1'])('%s is refused, with what to run instead', async (file) => {
    const root = directory();
    program(join(root, file));
    const [name = ''] = file.split('.');
    await expect(findProgram(name, [root], { platform })).rejects.toMatchObject({
      code: 'PROGRAM_NEEDS_SHELL',
      message: expect.stringContaining('npm-cli.js'),
    });
  });
});
