// Type-checks every fenced ```ts block of the READMEs, the guides and the doc comments against the packages' sources.
//
// Each block stands alone. A block whose first line is `// name.ts` can be imported by the page's later blocks as
// './name.ts'. Other ways to write the fence would leave a block unchecked, so they fail.
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const pages = globSync([
  '*.md',
  'docs/guides/*.md',
  'packages/*/README.md',
  'examples/*/README.md',
  'packages/*/src/**/*.ts',
  '{bench,conformance}/README.md',
]);
const out = '.snippets';

let count = 0;
let unchecked = 0;
rmSync(out, { recursive: true, force: true });
mkdirSync(out);
for (const page of pages) {
  for (const { fence, code, line } of blocks(readFileSync(page, 'utf8'))) {
    if (fence !== 'ts') {
      console.error(
        `${page}:${line}: write \`\`\`ts, so that the block is type-checked, not \`\`\`${fence}.`,
      );
      unchecked++;
      continue;
    }
    mkdirSync(join(out, page), { recursive: true });
    const name = /^\/\/ ([\w-]+\.ts)\n/.exec(code)?.[1] ?? `line-${line}.ts`;
    // The blank lines make the compiler's line numbers those of the page.
    writeFileSync(join(out, page, name), `${'\n'.repeat(line)}${code}export {};\n`);
    count++;
  }
}

writeFileSync(
  join(out, 'tsconfig.json'),
  JSON.stringify({
    extends: '../tsconfig.base.json',
    compilerOptions: {
      composite: false,
      declaration: false,
      declarationMap: false,
      emitDeclarationOnly: false,
      noEmit: true,
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
    },
    include: ['**/*.ts'],
  }),
);
try {
  if (count > 0) execFileSync('tsc', ['-p', out], { stdio: 'inherit' });
  console.log(`${count} snippets type-check.`);
} catch {
  process.exitCode = 1;
}
if (unchecked > 0) process.exitCode = 1;

interface Block {
  /** What stands behind the three backticks. */
  readonly fence: string;
  readonly code: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
}

function* blocks(source: string): Generator<Block> {
  const text = source.replaceAll(/^ +\* ?/gm, ''); // the margin of doc comments
  for (const match of text.matchAll(/^ *```((?:ts|typescript|tsx|mts|cts)\b.*)\n([\s\S]*?)^ *```$/gim)) {
    const [, fence = '', code = ''] = match;
    yield { fence: fence.trim(), code, line: text.slice(0, match.index).split('\n').length };
  }
}
