import type { HidesRule } from '../policy/schema.ts';

/** Pathspecs for git, in the index as well as in files. */
export const GIT_HIDES: HidesRule = {
  what: 'secret',
  as: [':(exclude,top,icase,glob)**/{name}', ':(exclude,top,icase,glob)**/{name}/**'],
  at: 'end',
};

// The settings of a repository hold addresses of remotes, often with tokens.
export const ALSO_GIT = ['.git'];
