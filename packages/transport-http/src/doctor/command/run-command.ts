import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { ToolyardError } from '@toolyard/core';

import { doctor } from '../doctor.ts';
import type { DoctorOptions } from '../options.ts';
import { formatReport } from '../report.ts';

/** What the command needs of the process. */
export interface CommandProcess {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  once(event: 'SIGINT', listener: () => void): unknown;
  off(event: 'SIGINT', listener: () => void): unknown;
}

const USAGE = `Usage: transport-http doctor <url> [options]

Examines an MCP endpoint and names the proxy settings behind what it finds.

  --header 'Name: value'   sent as a client would; repeatable. 'Name: $VARIABLE' takes the value from the
                           environment, so that it is not in the list of processes
  --origin <origin>        a web page that shall be able to call, like https://app.example
  --idle <seconds>         watch a quiet stream for so long; 35 shows most time limits
  --timeout <seconds>      for one request; default 10
  --ca <file>              certificates to trust besides the usual ones, as PEM
  --insecure-credentials   send --header also over plain http to another machine
  --json                   the report as JSON
  --help

Exit code: 0 nothing failed, 1 something failed, 2 the command was wrong.
`;

/**
 * Runs the command line.
 *
 * @param args - without the name of the program.
 * @returns the exit code: 0, 1, 2, or 130 after an interrupt.
 */
export async function runCommand(args: readonly string[], process: CommandProcess): Promise<number> {
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.once('SIGINT', onInterrupt);
  try {
    const command = await readArguments(args, process.env);
    if (command === 'help') {
      process.stdout.write(USAGE);
      return 0;
    }
    const report = await doctor(command.url, { ...command.options, signal: interrupt.signal });
    process.stdout.write(command.json ? `${JSON.stringify(report, undefined, 2)}\n` : formatReport(report));
    return report.ok ? 0 : 1;
  } catch (error) {
    if (interrupt.signal.aborted) return 130;
    if (!isUsageError(error)) throw error;
    process.stderr.write(`${error.message}\nSee transport-http --help.\n`);
    return 2;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

interface Command {
  readonly url: string;
  readonly json: boolean;
  readonly options: DoctorOptions;
}

async function readArguments(args: readonly string[], env: CommandProcess['env']): Promise<Command | 'help'> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      header: { type: 'string', multiple: true, default: [] },
      origin: { type: 'string' },
      idle: { type: 'string' },
      timeout: { type: 'string' },
      ca: { type: 'string' },
      'insecure-credentials': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const [name, url, ...more] = positionals;
  if (name !== 'doctor' || url === undefined || more.length > 0) {
    throw new UsageError('Write: transport-http doctor <url>.');
  }
  return {
    url,
    json: values.json,
    options: {
      headers: Object.fromEntries(values.header.map((line) => readHeader(line, env))),
      allowInsecureCredentials: values['insecure-credentials'],
      ...(values.origin !== undefined && { origin: values.origin }),
      ...(values.idle !== undefined && { idleMs: readSeconds('idle', values.idle) }),
      ...(values.timeout !== undefined && { timeoutMs: readSeconds('timeout', values.timeout) }),
      ...(values.ca !== undefined && { ca: await readCertificates(values.ca) }),
    },
  };
}

function readHeader(line: string, env: CommandProcess['env']): [string, string] {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
  // Not repeated in the message: it may be a secret.
  if (name === undefined || value === undefined) throw new UsageError("Write --header 'Name: value'.");
  const filled = value.replaceAll(/\$([A-Za-z_]\w*)/g, (_match, variable: string) => {
    const found = env[variable];
    if (found === undefined) throw new UsageError(`The variable ${variable} of --header is not set.`);
    return found;
  });
  return [name, filled];
}

function readSeconds(option: string, text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0) || seconds > 3600) throw new UsageError(`--${option} takes seconds: --${option} 35.`);
  return seconds * 1000;
}

async function readCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`The file of --ca cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

class UsageError extends ToolyardError {
  constructor(message: string, options?: ErrorOptions) {
    super('USAGE', message, options);
  }
}

function isUsageError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { code = '' } = error as NodeJS.ErrnoException;
  return code === 'USAGE' || code === 'INVALID_OPTION' || code.startsWith('ERR_PARSE_ARGS');
}
