import { readFileSync, statSync } from 'node:fs';
import {
  commandPolicy,
  CommandPolicyError,
  type CommandPolicy,
  type PolicyDocument,
} from '@toolyard/validation/command';

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

const MAX_BYTES = 1024 ** 2;

/**
 * Reads the configured command policy.
 *
 * @throws {CommandPolicyError} `INVALID_POLICY`, naming the place in the policy, or why the file cannot be read.
 */
export function loadPolicy({ policy, profile = 'readonly' }: PolicyConfig): LoadedPolicy {
  const document = policy === undefined ? { profile } : readDocument(policy);
  return { ...commandPolicy(document), document };
}

/** What is wrong with the configured policy. */
export function policyProblem(
  config: PolicyConfig,
): { readonly key: 'policy' | 'profile'; readonly message: string } | undefined {
  try {
    const { document } = loadPolicy(config);
    const { policy, profile } = config;
    if (policy === undefined || profile === undefined || profile === document.profile) return undefined;
    const message = `${JSON.stringify(profile)} is not what ${policy} says, ${JSON.stringify(document.profile)}; leave one of them out, or let both say the same`;
    return { key: 'profile', message };
  } catch (error) {
    if (!(error instanceof CommandPolicyError)) throw error;
    return { key: 'policy', message: `${JSON.stringify(config.policy)} is not a policy: ${error.message}` };
  }
}

// What the text holds is checked by commandPolicy.
function readDocument(file: string): PolicyDocument {
  const text = readText(file);
  try {
    return JSON.parse(text) as PolicyDocument;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandPolicyError(`not valid JSON (${reason}).`);
  }
}

function readText(file: string): string {
  try {
    const stats = statSync(file);
    // Reading a pipe would wait for its writer.
    if (!stats.isFile()) throw new CommandPolicyError('not a file.');
    if (stats.size > MAX_BYTES) throw new CommandPolicyError(`more than ${MAX_BYTES} bytes.`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof CommandPolicyError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new CommandPolicyError(`it cannot be read (${code}).`);
  }
}
