import type { Goal } from '../goals.ts';
import type { Table } from '../report/table.ts';
import type { Settings } from '../settings.ts';

/** One set of measurements with a table of its own. */
export interface Group {
  id: string;
  /** Takes so long that it runs only when it is asked for. */
  onlyByName?: true;
  run(settings: Settings, progress: (line: string) => void): Promise<GroupReport>;
}

export interface GroupReport {
  id: string;
  title: string;
  table: Table;
  goals: Goal[];
  /** Every figure behind the table, for the JSON file. */
  figures: unknown;
  /** Answers that were not what the call asked for, in words. One is enough to fail the bench. */
  faults: string[];
}
