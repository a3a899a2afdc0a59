import { accessSync, constants } from 'node:fs';
import type { Command } from '../command.ts';
import { startFailure } from '../supervisor/start-failure.ts';
import { loadPeer } from '../load-peer.ts';
import { pathToStart } from '../sandbox/multi-call.ts';
import { inputWriter } from './input-writer.ts';
import type { TerminalSize } from './screen.ts';

/** The program's end of a terminal. */
export interface Pty {
  readonly pid: number;
  onData(listener: (text: string) => void): void;
  /** Called once, after the last data. */
  onExit(listener: (exit: { readonly exitCode: number; readonly signal?: number }) => void): void;
  write(text: string): void;
  /** Bytes the program has not taken yet. */
  readonly waitingInput: number;
  resize(size: TerminalSize): void;
  pause(): void;
  resume(): void;
}

/** Starts programs with a terminal. */
export type SpawnPty = (command: Command, size: TerminalSize) => Pty;

/** @throws {ToolyardError} `PEER_MISSING` without the package `@lydell/node-pty`. */
export async function loadPty(): Promise<SpawnPty> {
  const { default: nodePty } = await loadPeer('@lydell/node-pty', () => import('@lydell/node-pty'));
  return function spawnPty(command, { columns, rows }) {
    const { args, cwd, env } = command;
    const file = pathToStart(command);
    // What cannot be started would be a program that ends at once with code 1.
    try {
      accessSync(file, constants.X_OK);
      accessSync(cwd, constants.X_OK);
    } catch (error) {
      throw startFailure(command, error);
    }
    const term = env['TERM'] ?? 'xterm-256color';
    const pty = nodePty.spawn(file, [...args], { name: term, cols: columns, rows, cwd, env: { ...env } });
    const input = inputWriter(pty);
    return {
      pid: pty.pid,
      onData: (listener) => void pty.onData(listener),
      onExit: (listener) => void pty.onExit(listener),
      write: (text) => input.write(text),
      get waitingInput() {
        return input.waiting;
      },
      resize(size) {
        try {
          pty.resize(size.columns, size.rows);
        } catch {
          // The program has just ended.
        }
      },
      pause: () => pty.pause(),
      resume: () => pty.resume(),
    };
  };
}
