import { type Clock, type Tool } from '@toolyard/core';
import type { ProcessSupervisor } from '@toolyard/core/process';
/** What `systemInfoTool` can be told. */
export interface SystemInfoToolOptions {
  /** To count the caller's processes. */
  readonly supervisor?: Pick<ProcessSupervisor, 'list'> | undefined;
  /** How long one reading serves everybody. Default: 2,000 ms. */
  readonly maxAgeMs?: number | undefined;
  readonly clock?: Clock | undefined;
}
/** `system_info`: the state of the machine, without secrets or names. */
export declare function systemInfoTool(
  root: string,
  { supervisor, maxAgeMs, clock }?: SystemInfoToolOptions,
): Tool;
//# sourceMappingURL=system-info.d.ts.map
