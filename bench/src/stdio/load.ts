import { once } from 'node:events';
import { clientInfo, type Era, versions } from '../load/eras.ts';
import { AnswerCheck, requestLines } from './echo-lines.ts';
import type { StdioServerProcess } from './server-process.ts';

interface StdioLoadResult {
  calls: number;
  seconds: number;
  wrong: number;
  /** The first few faults, in words. */
  faults: string[];
  /** How often answers arrived: few chunks for many calls mean that they were written together. */
  chunks: number;
}

/** One client of a stdio server. */
export interface StdioLoad {
  /** Keeps `inFlight` calls under way for that long, and resolves when all that was asked is answered. */
  run(options: { inFlight: number; ms: number }): Promise<StdioLoadResult>;
}

const keptFaults = 3;

/** Connects, in the 2025 era with the handshake unless the server knows none. */
export async function openStdioLoad(
  { stdin, stdout }: Pick<StdioServerProcess, 'stdin' | 'stdout'>,
  { era, handshake = true }: { era: Era; handshake?: boolean },
): Promise<StdioLoad> {
  stdout.setEncoding('latin1'); // texts and names are ASCII
  if (era === '2025' && handshake) {
    const params = { protocolVersion: versions[era], capabilities: {}, clientInfo };
    stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params })}\n`);
    await once(stdout, 'data');
    stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
  }
  const check = new AnswerCheck();
  const request = requestLines(era);
  let lastId = 0;

  return {
    run({ inFlight, ms }) {
      const result: StdioLoadResult = { calls: 0, seconds: 0, wrong: 0, faults: [], chunks: 0 };
      const waiting = new Set<number>();
      const start = performance.now();
      let rest = '';

      /** Lines for the calls that come next, written while the server works on others: the load must outrun it. */
      const prepared: string[] = [];
      const prepare = (): void => {
        while (prepared.length < inFlight) prepared.push(`${request(++lastId)}\n`);
      };
      /** Asks as many at once as answers came at once, with one write. */
      const ask = (count: number): void => {
        for (let id = lastId - prepared.length + 1, end = id + count; id < end; id++) waiting.add(id);
        stdin.write(prepared.splice(0, count).join(''));
      };
      const take = (line: string): void => {
        result.calls++;
        // Answers may come in another order than their calls; most come in the same.
        const [oldest = 0] = waiting;
        let id = oldest;
        let fault = check.faultOf(line, oldest);
        if (fault !== undefined) {
          id = [...waiting].find((candidate) => check.faultOf(line, candidate) === undefined) ?? oldest;
          if (id !== oldest) fault = undefined;
        }
        waiting.delete(id);
        if (fault === undefined) return;
        result.wrong++;
        if (result.faults.length < keptFaults) result.faults.push(fault);
      };

      return new Promise((resolve, reject) => {
        const receive = (chunk: string): void => {
          result.chunks++;
          const lines = (rest + chunk).split('\n');
          rest = lines.pop()!;
          const elapsed = performance.now() - start;
          if (elapsed < ms && lines.length > 0) ask(lines.length);
          for (const line of lines) take(line);
          prepare();
          if (waiting.size > 0) return;
          stdout.off('data', receive).off('error', reject);
          result.seconds = elapsed / 1000;
          resolve(result);
        };
        stdout.on('data', receive).on('error', reject);
        prepare();
        ask(inFlight);
        prepare();
      });
    },
  };
}
