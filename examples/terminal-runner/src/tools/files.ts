import type { Tool } from '@toolyard/core';
import type { SafeRoots } from '@toolyard/core/process';

import { editFileTool } from './files/edit-file.ts';
import { fileInfoTool } from './files/file-info.ts';
import { listFilesTool } from './files/list-files.ts';
import { moveFileTool } from './files/move-file.ts';
import { readFileTool } from './files/read-file.ts';
import { searchFilesTool } from './files/search-files.ts';
import { writeFileTool } from './files/write-file.ts';

/** The tools that read files of the workspaces and, where one of these may be changed, write them. */
export function fileTools(roots: SafeRoots): Tool[] {
  const reading = [readFileTool, listFilesTool, searchFilesTool, fileInfoTool];
  const writing = [writeFileTool, editFileTool, moveFileTool];
  const isWritable = roots.roots.some(({ writable }) => writable);
  return [...reading, ...(isWritable ? writing : [])].map((toolOf) => toolOf(roots));
}
