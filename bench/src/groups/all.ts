import { allocation } from './allocation.ts';
import { features } from './features.ts';
import { fetchEntry } from './fetch.ts';
import type { Group } from './group.ts';
import { growth } from './growth.ts';
import { http2025, http2026 } from './http.ts';
import { inProcess } from './in-process.ts';
import { lists } from './lists.ts';
import { processes } from './processes.ts';
import { sessions } from './sessions.ts';
import { soak } from './soak.ts';
import { stdio } from './stdio.ts';
import { validation } from './validation.ts';

/** In the order in which they run. */
export const groups: Group[] = [
  http2026,
  http2025,
  fetchEntry,
  features,
  lists,
  allocation,
  stdio,
  inProcess,
  validation,
  processes,
  sessions,
  growth,
  soak,
];
