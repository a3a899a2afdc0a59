import type { Difference } from './difference.ts';
import { httpDifferences } from './differences/http.ts';
import { messageDifferences } from './differences/messages.ts';
import { questionDifferences } from './differences/questions.ts';
import { resultDifferences } from './differences/results.ts';
import { sessionDifferences } from './differences/sessions.ts';

/** Every way in which we differ from the SDK. One that no traffic shows any more has to go. */
export const differences: readonly Difference[] = [
  ...resultDifferences,
  ...messageDifferences,
  ...httpDifferences,
  ...sessionDifferences,
  ...questionDifferences,
];
