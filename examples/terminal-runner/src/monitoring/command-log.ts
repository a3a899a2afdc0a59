import { systemClock, type Clock, type Logger } from '@toolyard/core';
import type {
  DecidedCommand,
  ProcessInfo,
  ProcessSupervisor,
  Redactor,
  Terminals,
} from '@toolyard/core/process';

import { openChainedFile } from './chained-file.ts';
import { redactCommand, redactText } from './redacted-command.ts';

/** What `openCommandLog` needs. */
export interface CommandLogOptions {
  /** In a directory that exists. Belongs to one process. */
  readonly file: string;
  readonly logger: Logger;
  /** Masks secrets in arguments. */
  readonly redactor: Redactor;
  /** Bytes after which a new file is begun; four full ones are kept. Default: 16 MiB. */
  readonly maxBytes?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** One line for each decision about a command, each start and each end. */
export interface CommandLog extends AsyncDisposable {
  /** For `onDecision`. */
  decided(this: void, decided: DecidedCommand): void;
  /** @returns stops listening. */
  watch(supervisor: Pick<ProcessSupervisor, 'on'>): () => void;
  /** @returns stops listening. */
  watchTerminals(terminals: Pick<Terminals, 'on'>): () => void;
  /** Resolves when all lines so far are written or have failed, at the latest after 2 seconds. */
  flush(): Promise<void>;
  /** Flushes, stops listening, and takes no more. */
  close(): Promise<void>;
}

/**
 * Opens the log of what was asked for, what was decided and what ran. JSON lines in a hash chain, see `verifyAuditChain`.
 *
 * - `decided`: owner, effect, rule, answer, command, directory
 * - `started`: owner, id, command, directory
 * - `exited`: owner, id, how and after how long, bytes of output
 *
 * Of arguments, what looks like a secret is masked; input, output and variables are never in it. Lines that cannot be
 * written are reported to `logger`.
 *
 * @throws {ToolyardError} `AUDIT_LOG_DAMAGED` when the file is something else.
 * @throws the error of the system when it cannot be opened.
 */
export async function openCommandLog(options: CommandLogOptions): Promise<CommandLog> {
  const { file: path, logger, redactor, maxBytes, clock = systemClock } = options;
  const file = await openChainedFile({ path, logger, maxBytes, clock });
  const listening = new Set<() => void>();

  function add(event: string, facts: Readonly<Record<string, unknown>>): void {
    file.add({ time: new Date(clock.now()).toISOString(), event, ...facts });
  }

  function whileListening(stops: readonly (() => void)[]): () => void {
    const stop = () => {
      for (const each of stops) each();
      listening.delete(stop);
    };
    listening.add(stop);
    return stop;
  }

  function started({ id, label, program, args, cwd, isBackground }: ProcessInfo) {
    const { command } = redactCommand({ program, args }, redactor);
    // Most labels are the command again, cut where half a secret may remain.
    const isOwn = !label.startsWith(program) && !label.endsWith('…');
    return { id, command, cwd, isBackground, ...(isOwn && { label: redactText(label, redactor) }) };
  }

  function close(): Promise<void> {
    for (const stop of listening) stop();
    return file.close();
  }

  return {
    decided({ owner, effect, ruleId, isApproved, reason, cwd, ...wanted }) {
      const { command, hasSecrets } = redactCommand(wanted, redactor);
      // A reason may quote half of what is masked above.
      const why = hasSecrets ? undefined : redactText(reason, redactor);
      const place = redactText(cwd, redactor);
      add('decided', { owner, effect, ruleId, isApproved, command, cwd: place, reason: why });
    },
    watch: (supervisor) =>
      whileListening([
        supervisor.on('processStarted', ({ owner, process }) =>
          add('started', { owner, ...started(process) }),
        ),
        supervisor.on('processExited', ({ owner, process, exit }) => {
          const { exitCode, signal, reason, durationMs } = exit;
          const { id, outputBytes } = process;
          add('exited', { owner, id, exitCode, signal, reason, durationMs, outputBytes });
        }),
      ]),
    watchTerminals: (terminals) =>
      whileListening([
        terminals.on('terminalStarted', ({ owner, terminal: { id, label } }) => {
          // The rest of the label is cut anywhere. What was decided just before holds the arguments.
          const [program = ''] = label.split(' ', 1);
          add('started', { owner, id, kind: 'terminal', program: redactText(program, redactor) });
        }),
        terminals.on('terminalExited', ({ owner, terminal: { id }, exit }) => {
          const { exitCode, signal, reason, durationMs } = exit;
          add('exited', { owner, id, kind: 'terminal', exitCode, signal, reason, durationMs });
        }),
      ]),
    flush: () => file.flush(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
