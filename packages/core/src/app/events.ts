import type { Call } from '../call.ts';
import type { Principal } from '../principal.ts';
import type { CallToolResult } from '../protocol/messages.ts';
import type { ClientDescription } from '../protocol/envelope.ts';

/**
 * What an app announces; a mounted one also of calls that came through the app it is mounted in. Listeners look on:
 * they cannot change a call, and one that throws harms nobody.
 */
export interface AppEvents {
  /** A tool answered, also with `isError`. */
  toolCalled: { readonly call: Call; readonly result: CallToolResult; readonly durationMs: number };
  /**
   * A tool call ended with an error, or was given up by its client. `incident` is what the client was told where the
   * error was masked.
   */
  toolFailed: {
    readonly call: Call;
    readonly error: unknown;
    readonly incident: string | undefined;
    readonly durationMs: number;
  };
  /** Any other request ended with an error that was masked. */
  requestFailed: { readonly call: Call; readonly error: unknown; readonly incident: string };
  /** A call ended by asking the client for input. */
  inputRequired: { readonly call: Call; readonly keys: readonly string[] };
  toolAdded: { readonly name: string };
  toolRemoved: { readonly name: string };
  promptAdded: { readonly name: string };
  promptRemoved: { readonly name: string };
  resourceAdded: { readonly address: string };
  resourceRemoved: { readonly address: string };
  sessionOpened: {
    readonly id: string;
    readonly client: ClientDescription;
    readonly principal: Principal;
    readonly protocolVersion: string;
  };
  sessionClosed: { readonly id: string };
}

/** Hears of one kind of event. It may be async; what it throws or rejects with is logged. */
export type AppListener<E extends keyof AppEvents> = (event: AppEvents[E]) => void | Promise<void>;
