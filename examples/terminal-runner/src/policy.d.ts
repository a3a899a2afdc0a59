import { type CommandPolicy, type PolicyDocument } from '@toolyard/validation/command';
/** The settings that say which commands may run. */
export interface PolicyConfig {
  /** A JSON file with a `PolicyDocument`. It decides, also about the profile. */
  readonly policy?: string | undefined;
  /** Without a file. Default: `readonly`. */
  readonly profile?: PolicyDocument['profile'] | undefined;
}
/** A policy and what it was made from. */
export interface LoadedPolicy extends CommandPolicy {
  readonly document: PolicyDocument;
}
/**
 * Reads the configured command policy.
 *
 * @throws {CommandPolicyError} `INVALID_POLICY`, naming the place in the policy, or why the file cannot be read.
 */
export declare function loadPolicy({ policy, profile }: PolicyConfig): LoadedPolicy;
/** What is wrong with the configured policy. */
export declare function policyProblem(config: PolicyConfig):
  | {
      readonly key: 'policy' | 'profile';
      readonly message: string;
    }
  | undefined;
//# sourceMappingURL=policy.d.ts.map
