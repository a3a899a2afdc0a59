import type { ManagedProcess, PreparedCommand, StartCommandOptions } from '@toolyard/core/process';

import type { Commands } from '../../commands/commands.ts';
import { artifactSink } from '../../output/artifact-sink.ts';
import { RecentOutput } from '../../output/recent-output.ts';
import { CAPTURE, showStream, type ShownStream } from '../../output/show-output.ts';

/** Programs that go on after their call. */
export interface Background {
  /**
   * Starts one; its id is that of the artifact its output goes to. Until `toBackground` the signal ends it.
   *
   * @throws {ToolError} as `CommandRunner.start`, or `ARTIFACT_QUOTA`.
   */
  start(command: PreparedCommand, options: BackgroundOptions): Promise<ManagedProcess>;
  /** @throws {ToolError} `PROCESS_NOT_FOUND`, the same for an id of somebody else. */
  get(id: string, owner: string): ManagedProcess;
  /** What it wrote from a position on, once it can be read from the artifact too. */
  outputOf(process: ManagedProcess): ProcessOutput;
}

/** How a background program is started. */
type BackgroundOptions = Pick<
  StartCommandOptions,
  'owner' | 'openInput' | 'timeoutMs' | 'idleTimeoutMs' | 'signal'
> & {
  /** Of its artifact, and in lists. */
  readonly name: string;
};

/** The output of a process. Positions are bytes of it, as `read_output` counts. */
export interface ProcessOutput {
  readonly end: number;
  /** What lies between two positions, shortened. */
  show(from: number, to: number): ShownStream;
  /** A position as `ManagedProcess.wait` counts: in characters. */
  charactersAt(byte: number): number;
  bytesAt(character: number): number;
  /** Resolves when all of it can be read from the artifact, which is complete once the process has ended. */
  flush(): Promise<void>;
}

/** In text and structured content each. */
const MAX_SHOWN = 7_500;

export function createBackground({ runner, supervisor, artifacts }: Commands): Background {
  // As long as the supervisor knows a process, so does this.
  const outputs = new WeakMap<ManagedProcess, ProcessOutput>();

  return {
    async start(command, { name, owner, ...how }) {
      const writer = await artifacts.create(owner, { name });
      const sink = artifactSink(writer);
      const recent = new RecentOutput();
      const onText = ({ text }: { text: string }) => {
        recent.add(text);
        return sink.add(text);
      };
      try {
        const capture = { ...CAPTURE, onText };
        const process = await runner.start(command, {
          ...how,
          owner,
          id: sink.id,
          label: name,
          background: true,
          capture,
        });
        const ended = process.exited.then(() => sink.end());
        const flush = () => (process.info().status === 'exited' ? ended : sink.flush());
        outputs.set(process, outputFrom(recent, flush));
        return process;
      } catch (error) {
        await sink.end();
        await artifacts.delete(owner, sink.id);
        throw error;
      }
    },
    get: (id, owner) => supervisor.get(id, owner),
    outputOf: (process) => outputs.get(process) ?? withoutRecord(process),
  };
}

function outputFrom(recent: RecentOutput, flush: () => Promise<void>): ProcessOutput {
  return {
    get end() {
      return recent.end;
    },
    show(from, to) {
      const part = recent.between(from, to);
      const totalBytes = Math.max(Math.min(to, recent.end) - from, 0);
      const omittedBytes = Math.max(totalBytes - Buffer.byteLength(part.text), 0);
      const stream = {
        head: '',
        tail: part.text,
        totalBytes,
        omittedBytes,
        omittedLines: 0,
        isBinary: false,
      };
      return showStream(stream, MAX_SHOWN);
    },
    charactersAt: (byte) => recent.charactersAt(byte),
    bytesAt: (character) => recent.bytesAt(character),
    flush,
  };
}

/** Of a program that was not started here, the end of what it wrote is all there is. */
function withoutRecord(process: ManagedProcess): ProcessOutput {
  return {
    get end() {
      return process.info().outputBytes;
    },
    show() {
      const { stdout, stderr } = process.output();
      return showStream(stdout.totalBytes > 0 ? stdout : stderr, MAX_SHOWN);
    },
    charactersAt: (byte) => byte,
    bytesAt: (character) => character,
    flush: () => Promise.resolve(),
  };
}
