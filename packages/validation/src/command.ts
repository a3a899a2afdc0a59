// This list is the public API of @toolyard/validation/command.
export { CommandLineError, CommandPolicyError } from './command/errors.ts';
export {
  checkGitSubmodules,
  checkGitTree,
  GIT_CHECKS,
  type GitQuery,
  type GitTreeFinding,
  type GitTreeVerdict,
} from './command/git-tree.ts';
export { parseCommandLine } from './command/line/parse-command-line.ts';
export type { CommandPlan, PlannedCommand, PlannedRedirect, PlannedStep } from './command/line/plan.ts';
export { PROFILES, type CommandPack } from './command/packs/profiles.ts';
export {
  commandPolicy,
  type CommandPolicy,
  type PolicyAnnotations,
} from './command/policy/command-policy.ts';
export type { CommandPolicyOptions } from './command/policy/protected-names.ts';
export type { CommandDecision, CommandRequest, PathOperand } from './command/policy/decision.ts';
export {
  policyJsonSchema,
  type Effect,
  type HidesRule,
  type OperandRule,
  type OptionRule,
  type PolicyDocument,
  type PolicyRule,
  type ProgramRules,
  type ValueKind,
} from './command/policy/schema.ts';
export { checkSedScript } from './command/sed-script.ts';
