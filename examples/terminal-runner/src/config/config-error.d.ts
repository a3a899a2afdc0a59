/** Where a value came from: `--port`, `TOOLYARD_PORT`, `/etc/toolyard.json`, or the schema's default. */
export interface Origin {
  readonly kind: 'flag' | 'environment' | 'file' | 'default';
  readonly name: string;
}
/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** The key of the schema where there is one, else what was given: a flag, a variable, a key of the file. */
  readonly key: string;
  readonly origin: Origin;
  /** A sentence that names the key, where it came from and what is allowed. Holds no secret. */
  readonly message: string;
}
/** The configuration cannot be used. Its message lists every problem; a process that meets it ends with `exitCode`. */
export declare class ConfigError extends Error {
  readonly name = 'ConfigError';
  readonly code = 'INVALID_CONFIG';
  readonly exitCode = 2;
  readonly problems: readonly ConfigProblem[];
  constructor(program: string, problems: readonly ConfigProblem[]);
}
//# sourceMappingURL=config-error.d.ts.map
