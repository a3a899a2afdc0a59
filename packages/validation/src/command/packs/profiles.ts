import type { ProgramRules } from '../policy/schema.ts';
import { FILES_DEV } from './files-dev.ts';
import { FILES } from './files.ts';
import { GIT_DEV } from './git-dev.ts';
import { GIT } from './git.ts';
import { NODE, NODE_DEV } from './node.ts';
import { PLAIN } from './plain.ts';
import { TAR, TAR_DEV } from './tar.ts';
import { TEXT, TEXT_DEV } from './text.ts';
import { TOOLS } from './tools.ts';

/** Programs and their rules. */
export type CommandPack = Readonly<Record<string, ProgramRules>>;

const READONLY: CommandPack = {
  ...explaining(FILES),
  ...explaining(TEXT),
  ...PLAIN,
  ...NODE,
  git: GIT,
  tar: TAR,
};

/** What each profile allows. `dev` contains `readonly`. */
export const PROFILES: Readonly<Record<'none' | 'readonly' | 'dev', CommandPack>> = {
  none: {},
  readonly: READONLY,
  dev: {
    ...READONLY,
    ...explaining(FILES_DEV),
    ...explaining(TEXT_DEV),
    ...NODE_DEV,
    ...TOOLS,
    git: GIT_DEV,
    tar: TAR_DEV,
  },
};

/** Programs of GNU print how they are used, and end. */
function explaining(pack: CommandPack): CommandPack {
  return Object.fromEntries(
    Object.entries(pack).map(([name, rules]) => {
      const { style = 'gnu', alternatives, flags = '' } = rules;
      if (style !== 'gnu' || alternatives) return [name, rules];
      const more = ['--help', '--version'].filter((flag) => !flags.split(' ').includes(flag));
      return [name, { ...rules, flags: [flags, ...more].join(' ').trim() }];
    }),
  );
}
