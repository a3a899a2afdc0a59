import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createProtection } from '../../../src/process/roots/protection.ts';
import { code, openPlaces } from './places.ts';

const trusted = [
  '.git/hooks/pre-commit',
  'sub/.git',
  'sub/.git/x/y',
  '.g\u200Bit/hooks/x',
  '.ｇit/hooks/x',
  '.gıt/hooks/x',
  '.mcp.json',
  '.vscode/tasks.json',
  '.claude/settings.json',
  '.claude.json',
  '.cursor/x/y',
  '.cursorrules',
  '.bashrc',
  '.bash_profile',
  'sub/.ZSHRC',
  '.profile',
  '.husky/pre-commit',
  '.gitconfig',
  '.gitmodules',
  '.idea/x',
  '.devcontainer/devcontainer.json',
  '.env.example',
];

const secret = [
  '.env',
  '.env.local',
  '.ENV.production',
  '.envrc',
  '.env/x',
  'sub/.env',
  '.npmrc',
  'sub/.NpmRc',
  '.ssh/id_rsa',
  '.ssh/config',
  'keys/id_ed25519',
  '.aws/credentials',
  '.git-credentials',
  '.netrc',
  '.git/config',
  '.git/modules/x/config',
  '.GIT/config',
  '.git./config',
  '.git /config',
];

const free = [
  '.gitignore',
  '.gitattributes',
  '.github/workflows/ci.yml',
  '.gitlab-ci.yml',
  '.eslintrc.json',
  'env',
  'environment.ts',
  'src/env.ts',
  'dotenv.md',
  'git/config',
  'vscode/x',
  'claude.md',
  'CLAUDE.md',
  'profile',
  'npmrc',
  'ssh/x',
  'bashrc.md',
  '.toolyard/x',
];

describe('protected names', () => {
  test.each([...trusted, ...secret])('%s is not written, even where nothing is there yet', async (path) => {
    const { files, root } = await openPlaces();
    writeFileSync(join(root, 'a'), 'x');
    const refused = code('PROTECTED_NAME');
    await expect(files.write(path, 'x', { createDirectories: true })).rejects.toThrow(refused);
    await expect(files.openWrite(path)).rejects.toThrow(refused);
    await expect(files.move('a', path, { createDirectories: true })).rejects.toThrow(refused);
    await expect(files.checkOperand(path, { access: 'write' })).rejects.toThrow(refused);
    expect(readdirSync(root)).toEqual(['a']);
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), 'x');
    await expect(files.openWrite(path, { append: true })).rejects.toThrow(refused);
    await expect(files.edit(path, [{ find: 'x', replace: 'y' }])).rejects.toThrow(refused);
    await expect(files.move(path, 'b')).rejects.toThrow(refused);
    expect(await files.info(path)).toMatchObject({ writable: false });
  });

  test.each(secret)('%s is not read', async (path) => {
    const { files, root } = await openPlaces();
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), 'TOKEN');
    symlinkSync(path, join(root, 'alias'));
    const refused = code('PROTECTED_NAME');
    for (const name of [path, 'alias']) {
      await expect(files.read(name)).rejects.toThrow(refused);
      await expect(files.openRead(name)).rejects.toThrow(refused);
      await expect(files.checkOperand(name, { access: 'read' })).rejects.toThrow(refused);
      await expect(files.search({ text: 'TOKEN' }, { path: name })).rejects.toThrow(refused);
    }
    expect(await files.search({ text: 'TOKEN' }, { exclude: [] })).toMatchObject({ matches: [] });
    const info = await files.info(path);
    expect(info).toMatchObject({ type: 'file', readable: false });
    expect(info).not.toHaveProperty('hash');
  });

  test.each([...trusted, ...free])('%s is read', async (path) => {
    const { files, root } = await openPlaces();
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), 'text');
    expect((await files.read(path)).text).toBe('text');
  });

  test.each(free)('%s is written', async (path) => {
    const { files } = await openPlaces();
    await expect(files.write(path, 'x', { createDirectories: true })).resolves.toMatchObject({
      created: true,
    });
  });

  test('a link does not lead around the protection', async () => {
    const { files, root } = await openPlaces();
    mkdirSync(join(root, '.git/hooks'), { recursive: true });
    symlinkSync('.git', join(root, 'alias'));
    for (const path of ['alias/config', 'alias/hooks/pre-commit', 'alias/new/x'])
      await expect(files.write(path, 'x', { createDirectories: true })).rejects.toThrow(
        code('PROTECTED_NAME'),
      );
    expect(readdirSync(join(root, '.git'))).toEqual(['hooks']);
    expect(readdirSync(join(root, '.git/hooks'))).toEqual([]);
  });

  test('a directory does not become a protected one', async () => {
    const { files, root } = await openPlaces();
    await files.write('fake/hooks/pre-commit', 'x', { createDirectories: true });
    await expect(files.move('fake', '.git')).rejects.toThrow(code('PROTECTED_NAME'));
    await expect(files.move('fake', 'sub/.Git', { createDirectories: true })).rejects.toThrow(
      code('PROTECTED_NAME'),
    );
    expect(readdirSync(root)).toEqual(['fake']);
  });

  test('names of a host replace the defaults', async () => {
    const { files, root } = await openPlaces({
      protect: { secret: ['*.pem', 'private'], readOnly: ['package-lock.json'], readable: ['public*.pem'] },
    });
    for (const name of ['a.pem', 'public-1.pem', '.env', 'package-lock.json'])
      writeFileSync(join(root, name), 'x');
    await expect(files.read('a.PEM')).rejects.toThrow(code('PROTECTED_NAME'));
    await expect(files.write('private/x', 'x', { createDirectories: true })).rejects.toThrow(
      code('PROTECTED_NAME'),
    );
    await expect(files.write('package-lock.json', 'x')).rejects.toThrow(code('PROTECTED_NAME'));
    expect((await files.read('public-1.pem')).text).toBe('x');
    expect((await files.read('.env')).text).toBe('x');
    await files.write('.env', 'y');
  });

  test.each(['', 'a/b', '*a*', 'x'.repeat(300)])('the name %j is refused at the start', (name) => {
    expect(() => createProtection({ secret: [name] })).toThrow('protect.secret');
  });
});
