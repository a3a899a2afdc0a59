import { z } from 'zod';
/** Every setting of the terminal-runner. */
export declare const terminalSchema: z.ZodObject<
  {
    port: z.ZodDefault<z.ZodInt>;
    host: z.ZodDefault<z.ZodString>;
    stdio: z.ZodDefault<z.ZodBoolean>;
    data: z.ZodDefault<z.ZodString>;
    publicUrl: z.ZodOptional<z.ZodURL>;
    logLevel: z.ZodDefault<
      z.ZodEnum<{
        debug: 'debug';
        error: 'error';
        fatal: 'fatal';
        info: 'info';
        silent: 'silent';
        trace: 'trace';
        warn: 'warn';
      }>
    >;
    apiKey: z.ZodDefault<z.ZodArray<z.ZodString>>;
    otlpEndpoint: z.ZodOptional<z.ZodURL>;
    otlpHeaders: z.ZodDefault<z.ZodRecord<z.ZodString, z.ZodString>>;
    resourceAttributes: z.ZodDefault<z.ZodRecord<z.ZodString, z.ZodString>>;
    root: z.ZodDefault<z.ZodArray<z.ZodString>>;
    readOnlyRoot: z.ZodDefault<z.ZodArray<z.ZodString>>;
    profile: z.ZodOptional<
      z.ZodEnum<{
        dev: 'dev';
        none: 'none';
        readonly: 'readonly';
      }>
    >;
    policy: z.ZodOptional<z.ZodString>;
    sandbox: z.ZodDefault<
      z.ZodEnum<{
        auto: 'auto';
        bwrap: 'bwrap';
        none: 'none';
      }>
    >;
    shell: z.ZodDefault<
      z.ZodEnum<{
        off: 'off';
        sandboxed: 'sandboxed';
        unsafe: 'unsafe';
      }>
    >;
    tools: z.ZodOptional<z.ZodString>;
    terminals: z.ZodDefault<z.ZodBoolean>;
  },
  z.core.$strip
>;
/** The configuration the server starts with. */
export type TerminalConfig = z.output<typeof terminalSchema>;
/** What `loadConfig` and `configOrExit` need to know. */
export declare const terminalProgram: {
  name: string;
  description: string;
  schema: z.ZodObject<
    {
      port: z.ZodDefault<z.ZodInt>;
      host: z.ZodDefault<z.ZodString>;
      stdio: z.ZodDefault<z.ZodBoolean>;
      data: z.ZodDefault<z.ZodString>;
      publicUrl: z.ZodOptional<z.ZodURL>;
      logLevel: z.ZodDefault<
        z.ZodEnum<{
          debug: 'debug';
          error: 'error';
          fatal: 'fatal';
          info: 'info';
          silent: 'silent';
          trace: 'trace';
          warn: 'warn';
        }>
      >;
      apiKey: z.ZodDefault<z.ZodArray<z.ZodString>>;
      otlpEndpoint: z.ZodOptional<z.ZodURL>;
      otlpHeaders: z.ZodDefault<z.ZodRecord<z.ZodString, z.ZodString>>;
      resourceAttributes: z.ZodDefault<z.ZodRecord<z.ZodString, z.ZodString>>;
      root: z.ZodDefault<z.ZodArray<z.ZodString>>;
      readOnlyRoot: z.ZodDefault<z.ZodArray<z.ZodString>>;
      profile: z.ZodOptional<
        z.ZodEnum<{
          dev: 'dev';
          none: 'none';
          readonly: 'readonly';
        }>
      >;
      policy: z.ZodOptional<z.ZodString>;
      sandbox: z.ZodDefault<
        z.ZodEnum<{
          auto: 'auto';
          bwrap: 'bwrap';
          none: 'none';
        }>
      >;
      shell: z.ZodDefault<
        z.ZodEnum<{
          off: 'off';
          sandboxed: 'sandboxed';
          unsafe: 'unsafe';
        }>
      >;
      tools: z.ZodOptional<z.ZodString>;
      terminals: z.ZodDefault<z.ZodBoolean>;
    },
    z.core.$strip
  >;
  complete: (config: {
    port: number;
    host: string;
    stdio: boolean;
    data: string;
    publicUrl?: string | undefined;
    logLevel: 'debug' | 'error' | 'fatal' | 'info' | 'silent' | 'trace' | 'warn';
    apiKey: string[];
    otlpEndpoint?: string | undefined;
    otlpHeaders: Record<string, string>;
    resourceAttributes: Record<string, string>;
    root: string[];
    readOnlyRoot: string[];
    profile?: 'dev' | 'none' | 'readonly' | undefined;
    policy?: string | undefined;
    sandbox: 'auto' | 'bwrap' | 'none';
    shell: 'off' | 'sandboxed' | 'unsafe';
    tools?: string | undefined;
    terminals: boolean;
  }) => {
    port: number;
    host: string;
    stdio: boolean;
    data: string;
    publicUrl?: string | undefined;
    logLevel: 'debug' | 'error' | 'fatal' | 'info' | 'silent' | 'trace' | 'warn';
    apiKey: string[];
    otlpEndpoint?: string | undefined;
    otlpHeaders: Record<string, string>;
    resourceAttributes: Record<string, string>;
    root: string[];
    readOnlyRoot: string[];
    profile?: 'dev' | 'none' | 'readonly' | undefined;
    policy?: string | undefined;
    sandbox: 'auto' | 'bwrap' | 'none';
    shell: 'off' | 'sandboxed' | 'unsafe';
    tools?: string | undefined;
    terminals: boolean;
  };
};
//# sourceMappingURL=terminal-config.d.ts.map
