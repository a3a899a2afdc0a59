import { type ArtifactStore, type SafeRoots } from '@toolyard/core/process';
import type { Calculator } from '../calculate/calculator.ts';
import type { Commands } from '../commands/commands.ts';
import type { Notes } from '../context/notes.ts';
import type { HealthPart } from './health.ts';
/** Whether programs can be started where the policy allows any: tries one that does nothing, in the sandbox. */
export declare function commandsHealth(
  commands: Pick<Commands, 'policy' | 'roots' | 'sandbox' | 'supervisor'>,
  {
    maxPerOwner,
  }?: {
    readonly maxPerOwner?: number;
  },
): HealthPart;
/** Whether the roots are there. */
export declare function filesHealth(
  roots: SafeRoots,
  {
    minFreeBytes,
  }?: {
    readonly minFreeBytes?: number;
  },
): HealthPart;
/** Whether the server can write to its own directory and has some space there. */
export declare function dataHealth(
  directory: string,
  {
    minFreeBytes,
  }?: {
    readonly minFreeBytes?: number;
  },
): HealthPart;
/** Whether the calculator calculates. Starts its thread. */
export declare function calculationsHealth(calculator: Pick<Calculator, 'calculate'>): HealthPart;
/** Whether notes can be read. */
export declare function notesHealth(
  notes: Pick<Notes, 'keys'>,
  {
    maxKeys,
  }?: {
    readonly maxKeys?: number;
  },
): HealthPart;
/** Whether output can be kept and read. */
export declare function outputHealth(
  artifacts: Pick<ArtifactStore, 'list'>,
  limits?: {
    readonly maxArtifacts?: number;
    readonly maxBytes?: number;
  },
): HealthPart;
//# sourceMappingURL=health-parts.d.ts.map
