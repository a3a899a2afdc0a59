import { type Tool } from '@toolyard/core';
import type { Notes } from '../context/notes.ts';
/** `context_set` and `context_get`: what a model wants to remember, by principal and workspace. */
export declare function contextTools(notes: Notes): Tool[];
//# sourceMappingURL=context.d.ts.map
