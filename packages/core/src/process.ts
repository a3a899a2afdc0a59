// This list is the public API of @toolyard/core/process. Node only.

export type { Command } from './process/command.ts';
export { DEFAULT_ALLOWED_VARIABLES, environmentOf, type EnvPolicy } from './process/environment.ts';
export {
  createProgramFinder,
  findProgram,
  type FindProgramOptions,
  type ProgramFinder,
  type ProgramFinderOptions,
} from './process/programs.ts';
export {
  hostPlatform,
  linuxPlatform,
  macosPlatform,
  windowsPlatform,
  type Platform,
} from './process/platform.ts';

// Running programs
export type { ByteSink } from './process/supervisor/byte-sink.ts';
export type { ProcessEvents, ProcessListener } from './process/supervisor/events.ts';
export type {
  ExitReason,
  ManagedProcess,
  ProcessExit,
  ProcessInfo,
  WaitOptions,
  WaitResult,
  WaitUntil,
} from './process/supervisor/managed-process.ts';
export type { ProcessPlatform, ProcessSignal } from './process/supervisor/platform.ts';
export {
  createProcessSupervisor,
  type ProcessSupervisor,
  type ProcessSupervisorOptions,
  type StartOptions,
} from './process/supervisor/supervisor.ts';

// Commands under a policy
export {
  createCommandRunner,
  type CommandExit,
  type CommandInput,
  type CommandQuestion,
  type CommandRunner,
  type CommandRunnerOptions,
  type DecidedCommand,
  type PlanExit,
  type PlanInput,
  type PrepareOptions,
  type RunPlanOptions,
  type StartCommandOptions,
} from './process/commands/command-runner.ts';
export type { CheckedOperand } from './process/commands/operands.ts';
export type { CommandPlan, PlannedCommand, PlannedRedirect, PlannedStep } from './process/commands/plan.ts';
export type {
  CheckVerdict,
  CommandCheck,
  CommandDecision,
  CommandPolicy,
  CommandRequest,
  PathOperand,
} from './process/commands/policy.ts';
export type {
  PreparedCommand,
  PreparedPart,
  PreparedPlan,
  PreparedStep,
} from './process/commands/prepare.ts';

// Sandboxes
export {
  bwrapSandbox,
  type BwrapSandboxOptions,
  type SandboxPrograms,
} from './process/sandbox/bwrap-sandbox.ts';
export { noSandbox } from './process/sandbox/no-sandbox.ts';
export { openSandbox, type OpenSandboxOptions, type SandboxKind } from './process/sandbox/open-sandbox.ts';
export { prlimitSandbox, type PrlimitSandboxOptions } from './process/sandbox/prlimit-sandbox.ts';
export {
  SandboxUnavailableError,
  type ProcessLimits,
  type ProcessSandbox,
  type SandboxNeeds,
  type SandboxRoot,
} from './process/sandbox/sandbox.ts';

// What programs write
export { captureOutput } from './process/output/capture-output.ts';
export type {
  CapturedOutput,
  CapturedStream,
  CaptureOptions,
  OutputCapture,
  OutputChunk,
  SpilledOutput,
} from './process/output/output-capture.ts';
export { outputText, type OutputTextOptions } from './process/output/output-text.ts';
export { redactionStream, type RedactionStream } from './redaction/redaction-stream.ts';
export { redactor, type RedactOptions, type Redactor, type SecretReach } from './redaction/redactor.ts';

// Artifacts
export { artifactResource } from './process/artifacts/artifact-resource.ts';
export {
  artifactUri,
  type ArtifactChange,
  type ArtifactInfo,
  type ArtifactMatch,
  type ArtifactOptions,
  type ArtifactPart,
  type ArtifactQuery,
  type ArtifactRange,
  type ArtifactSearchOptions,
  type ArtifactSearchResult,
  type ArtifactStore,
  type ArtifactWriter,
} from './process/artifacts/artifact-store.ts';
export { artifacts, type ArtifactsOptions } from './process/artifacts/artifacts-plugin.ts';
export { fileArtifactStore, type FileArtifactStoreOptions } from './process/artifacts/file-artifact-store.ts';
export { readOutputTool, type ReadOutputInput } from './process/artifacts/read-output.ts';

// Files
export type { TextEdit } from './process/roots/apply-edits.ts';
export type { EditedFile, EditFileOptions } from './process/roots/edit.ts';
export type { FileWriter } from './process/roots/file-writer.ts';
export type { FileInfo } from './process/roots/info.ts';
export type { DirectoryListing, ListedEntry, ListFilesOptions } from './process/roots/list.ts';
export type { Located } from './process/roots/locate.ts';
export type { FileMatch } from './process/roots/match-collector.ts';
export type { MovedFile, MoveFileOptions } from './process/roots/move.ts';
export type { FileReader, OpenReadOptions } from './process/roots/open-read.ts';
export type { OpenWriteOptions } from './process/roots/open-write.ts';
export type { SafeRoot, SafeRootOptions } from './process/roots/places.ts';
export { filePlatform, type FilePlatform } from './process/roots/platform.ts';
export {
  READ_ONLY_NAMES,
  READABLE_NAMES,
  SECRET_NAMES,
  type ProtectedNames,
} from './process/roots/protection.ts';
export type { FileContent, ReadFileOptions } from './process/roots/read.ts';
export { openSafeRoots, type SafeRoots, type SafeRootsOptions } from './process/roots/safe-roots.ts';
export type { SearchQuery } from './process/roots/search-query.ts';
export type { SearchFilesOptions, SearchResult } from './process/roots/search.ts';
export type { SafeRootsLimits } from './process/roots/tree.ts';
export type { EntryType } from './process/roots/walk.ts';
export type { WriteFileOptions, WrittenFile } from './process/roots/write.ts';

// Terminals
export type { TerminalEvents, TerminalListener } from './process/terminal/events.ts';
export type { TerminalInput } from './process/terminal/keys.ts';
export type { TerminalScreen, TerminalSize } from './process/terminal/screen.ts';
export type {
  TerminalExit,
  TerminalInfo,
  TerminalSession,
  TerminalWaitOptions,
  TerminalWaitResult,
  TerminalWaitUntil,
} from './process/terminal/session.ts';
export {
  createTerminals,
  type OpenTerminalOptions,
  type Terminals,
  type TerminalsOptions,
} from './process/terminal/terminals.ts';

// Worker threads
export type { WorkerCall, WorkerCaller, WorkerFunction } from './process/workers/worker-function.ts';
export type { WorkerPoolOptions } from './process/workers/worker-limits.ts';
export {
  createWorkerPool,
  type WorkerArgs,
  type WorkerHandler,
  type WorkerModule,
  type WorkerPool,
  type WorkerResult,
  type WorkerRunOptions,
  type WorkerTaskLimits,
} from './process/workers/worker-pool.ts';

// Shell lines without processes
export type { VirtualLimits } from './process/virtual/limits.ts';
export type { VirtualRefusal } from './process/virtual/root-files.ts';
export type { VirtualChange } from './process/virtual/save.ts';
export {
  createVirtualExecutor,
  type VirtualCommand,
  type VirtualExecutor,
  type VirtualExecutorOptions,
  type VirtualExit,
  type VirtualRunOptions,
} from './process/virtual/virtual-executor.ts';
