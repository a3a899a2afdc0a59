import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { setting } from './setting.ts';

/** The settings that every example server has. Spread them into the example's own `z.object`. */
export function commonSettings({ name, port }: { readonly name: string; readonly port: number }) {
  const httpUrl = z.url({ protocol: /^https?$/ });
  return {
    port: setting(z.int().min(0).max(65_535).default(port), {
      description: 'Port to listen on; 0 picks a free one.',
    }),
    host: setting(z.string().min(1).default('127.0.0.1'), {
      description: 'Address to listen on.',
      placeholder: 'HOST',
      allowed: 'a host name or an IP address',
    }),
    stdio: setting(z.boolean().default(false), {
      description: 'Speaks MCP over stdin and stdout instead of HTTP.',
    }),
    data: setting(
      z
        .string()
        .min(1)
        .default(join(homedir(), '.toolyard', name)),
      {
        description: 'Directory for what the server keeps; created when missing.',
        placeholder: 'DIR',
        path: true,
        allowed: 'a directory',
      },
    ),
    publicUrl: setting(httpUrl.optional(), {
      description: 'The URL clients reach the server under, when a proxy stands in front of it.',
      placeholder: 'URL',
      allowed: 'an http or https URL',
    }),
    logLevel: setting(
      z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
      { description: 'The least severe lines that are written to stderr.', placeholder: 'LEVEL' },
    ),
    apiKey: setting(z.array(z.string().min(16)).default([]), {
      description:
        'A key that HTTP clients must send. Other users of the machine can read flags: prefer the variable.',
      placeholder: 'KEY',
      secret: true,
      allowed: 'keys of at least 16 characters',
    }),
    otlpEndpoint: setting(httpUrl.optional(), {
      description: 'Base URL of an OTLP/HTTP collector; traces, metrics and logs are sent to it.',
      placeholder: 'URL',
      env: ['OTEL_EXPORTER_OTLP_ENDPOINT'],
      allowed: 'an http or https URL',
    }),
    otlpHeaders: setting(z.record(z.string(), z.string()).default({}), {
      description: 'Headers sent to the collector.',
      secret: true,
      env: ['OTEL_EXPORTER_OTLP_HEADERS'],
    }),
    resourceAttributes: setting(z.record(z.string(), z.string()).default({}), {
      description: 'Attributes that telemetry carries about this server.',
      env: ['OTEL_RESOURCE_ATTRIBUTES'],
    }),
  };
}

/** What every example server is configured with. */
export type CommonConfig = z.output<z.ZodObject<ReturnType<typeof commonSettings>>>;

/** Whether only this machine can connect to the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
