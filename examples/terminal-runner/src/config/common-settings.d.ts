import { z } from 'zod';
/** The settings that every example server has. Spread them into the example's own `z.object`. */
export declare function commonSettings({ name, port }: { readonly name: string; readonly port: number }): {
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
};
/** What every example server is configured with. */
export type CommonConfig = z.output<z.ZodObject<ReturnType<typeof commonSettings>>>;
/** Whether only this machine can connect to the address. */
export declare function isLoopback(host: string): boolean;
//# sourceMappingURL=common-settings.d.ts.map
