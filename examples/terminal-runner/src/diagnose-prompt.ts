import { definePrompt } from '@toolyard/core';
import { z } from 'zod';

/** `diagnose`: where to start when something is wrong with the machine. */
export const diagnosePrompt = definePrompt({
  name: 'diagnose',
  title: 'Diagnose this machine',
  description: 'Finds out what is wrong, with the tools of this server.',
  input: z.object({ symptom: z.string().describe('What is wrong, in a sentence') }),
  run: ({ symptom }) =>
    [
      `Something is wrong with this machine: ${symptom}`,
      'Start with system_info. Then look at the files that matter with list_files and read_file, and run programs only',
      'where their output decides something. Note what you find with context_set. End with the most likely cause, how',
      'sure you are, and the next step.',
    ].join('\n'),
});
