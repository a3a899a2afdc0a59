// Installs the packed packages in an empty project, as a user would, and there
// - runs every program of scripts/smoke/ on the oldest supported Node and on the one we develop with;
// - type-checks an import of every entry under TypeScript 6 and 7, `nodenext` and `bundler`.
// Needs `npm run build`. What npm has already downloaded is taken from its cache.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

import { z } from 'zod';

import { publishedPackages } from './packages.ts';

const oldestNode = '22.19.0';
const compilers = {
  'TypeScript 7': 'node_modules/typescript',
  'TypeScript 6': 'docs/node_modules/typescript',
};

const packages = publishedPackages();
const entries = packages.flatMap((published) => published.entries);
const project = mkdtempSync(join(tmpdir(), 'toolyard-smoke-'));
try {
  installPackages();
  for (const node of [installNode(oldestNode), process.execPath]) runPrograms(node);
  checkTypes();
} finally {
  rmSync(project, { recursive: true, force: true });
}

function installPackages(): void {
  const tarballs = packages.map(({ folder }) => pack(folder));
  // Peers, types and the schema library in the versions that the lockfile has: those are in npm's cache.
  const peers = packages.flatMap(({ peerDependencies }) => Object.keys(peerDependencies));
  const others = new Set([
    ...peers.filter((name) => !name.startsWith('@toolyard/')),
    '@types/node',
    '@types/react',
    'zod',
  ]);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true }));
  npmInstall(project, [...tarballs, ...[...others].map((name) => `${name}@${installedVersion(name)}`)]);
}

/** Packs one package and returns the path of the tarball. */
function pack(folder: string): string {
  const output = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', project], {
    cwd: folder,
    encoding: 'utf8',
  });
  const Packed = z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) });
  // npm 11 prints a list, npm 12 an object by package name.
  const [packed] = Object.values(z.record(z.string(), Packed).or(z.array(Packed)).parse(JSON.parse(output)));
  if (!packed) throw new Error(`npm pack said nothing about ${folder}`);
  const files = packed.files.map(({ path }) => path);
  for (const needed of ['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']) {
    if (!files.includes(needed))
      throw new Error(`${packed.filename} lacks ${needed}; has \`npm run build\` run?`);
  }
  return join(project, packed.filename);
}

/** Installs the `node` npm package of that version once and returns the path of its binary. */
function installNode(version: string): string {
  const folder = resolve(`node_modules/.cache/node-${version}`);
  const binary = join(folder, 'node_modules/node/bin/node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ private: true, allowScripts: { node: true } }),
    );
    npmInstall(folder, [`node@${version}`]);
  }
  return binary;
}

function runPrograms(node: string): void {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  writeFileSync(join(project, 'entries.json'), JSON.stringify(entries.map(({ specifier }) => specifier)));
  for (const program of globSync('scripts/smoke/*.{mjs,cjs}').toSorted()) {
    cpSync(program, join(project, basename(program)));
    const { status } = spawnSync(node, [basename(program)], {
      cwd: project,
      stdio: 'inherit',
      timeout: 60_000,
    });
    report(`${basename(program)} on Node ${version}`, status === 0);
  }
}

function checkTypes(): void {
  const imports = entries.map(({ specifier }, index) => `import * as entry${index} from '${specifier}';`);
  const uses = entries.map((_, index) => `entry${index}`).join(', ');
  writeFileSync(join(project, 'types.mts'), `${imports.join('\n')}\nexport const entries = [${uses}];\n`);
  for (const [name, folder] of Object.entries(compilers)) {
    for (const module of ['nodenext', 'bundler']) {
      const resolution = module === 'bundler' ? ['esnext', '--moduleResolution', 'bundler'] : [module];
      const options = [
        '--noEmit',
        '--strict',
        '--target',
        'es2023',
        '--types',
        'node',
        '--module',
        ...resolution,
      ];
      const tsc = resolve(folder, 'bin/tsc');
      const { status } = spawnSync(process.execPath, [tsc, ...options, 'types.mts'], {
        cwd: project,
        stdio: 'inherit',
      });
      report(`types under ${name}, ${module}`, status === 0);
    }
  }
}

function npmInstall(folder: string, specifiers: readonly string[]): void {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
  execFileSync('npm', ['install', ...quiet, ...specifiers], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function installedVersion(name: string): string {
  const manifest: unknown = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
  return z.object({ version: z.string() }).parse(manifest).version;
}

function report(what: string, ok: boolean): void {
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${what}`);
  if (!ok) process.exitCode = 1;
}
