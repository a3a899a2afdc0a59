import { type Goal, goalAtLeast } from '../goals.ts';
import type { Era } from '../load/eras.ts';
import { withSpread, whole } from '../report/format.ts';
import { rotated } from '../rounds.ts';
import type { Settings } from '../settings.ts';
import { pairedRatio, type Summary, summarize } from '../statistics.ts';
import { openStdioLoad, type StdioLoad } from '../stdio/load.ts';
import { type StdioServerProcess, startStdioServer } from '../stdio/server-process.ts';
import type { Group, GroupReport } from './group.ts';

/** Calls per second and CPU per call over stdio, with one call under way and with as many as HTTP has connections. */
export const stdio: Group = { id: 'stdio', run };

const bare = { id: 'bare', title: 'bare JSON lines', file: 'stdio-bare' };
const sdk = { id: 'sdk-low-level', title: 'SDK v2, low-level Server', file: 'stdio-sdk-low-level' };
const sdkMcpServer = { id: 'sdk-mcp-server-1', title: 'SDK v2, McpServer', file: 'stdio-sdk-mcp-server' };
const toolyard = { id: 'toolyard-1', title: 'Toolyard', file: 'stdio-toolyard' };
const field = [bare, sdk, sdkMcpServer, toolyard];
type Contestant = (typeof field)[number];

const eras: Era[] = ['2026', '2025'];

/** What one server did in one block. */
interface Block {
  cpuMicros: number;
  perSecond: number;
  calls: number;
  wrong: number;
  faults: string[];
  answersPerChunk: number;
}

interface Row {
  id: string;
  title: string;
  era: Era;
  inFlight: number;
  /** CPU microseconds of the server process per call. */
  cpuMicros: Summary;
  perSecond: Summary;
  perSecondTimesSdk: Summary;
  /** What the SDK's server needs of CPU per call, as a multiple of this one's. */
  cpuSdkTimesThis: Summary;
  /** `cpuMicros` as a multiple of the bare server's. Like the other ratios, of values of the same round. */
  cpuTimesBare: Summary;
  /** Answers that arrive together, as far as the client can see. */
  answersPerChunk: Summary;
  calls: number;
  wrong: number;
  faults: string[];
}

async function run(settings: Settings, progress: (line: string) => void): Promise<GroupReport> {
  const rows: Row[] = [];
  for (const era of eras) rows.push(...(await measureEra(era, settings, progress)));
  return {
    id: stdio.id,
    title: 'tools/call over stdio, one client and one server process',
    table: {
      columns: [
        'server',
        'era',
        'in flight',
        'calls/s',
        '× SDK',
        'CPU µs/call',
        '× bare',
        'SDK ×',
        'answers/chunk',
        'calls',
        'wrong',
      ],
      rows: rows.map((row) => [
        row.title,
        row.era,
        whole(row.inFlight),
        whole(row.perSecond.median),
        withSpread(row.perSecondTimesSdk, 2),
        withSpread(row.cpuMicros),
        withSpread(row.cpuTimesBare, 2),
        withSpread(row.cpuSdkTimesThis, 2),
        withSpread(row.answersPerChunk),
        whole(row.calls),
        whole(row.wrong),
      ]),
    },
    goals: goals(rows),
    figures: rows,
    faults: rows.flatMap(({ id, faults }) => faults.map((fault) => `${id}: ${fault}`)),
  };
}

async function measureEra(era: Era, settings: Settings, progress: (line: string) => void): Promise<Row[]> {
  const contestants = field.filter((one) => one === bare || one === sdk || isWanted(one, settings.servers));
  const loads = [1, settings.connections];
  const blocks = new Map<string, Block[]>();
  await using running = await startAll(contestants, era);
  for (const { id } of contestants) {
    progress(`warming up ${id}, ${era}`);
    for (const inFlight of loads) await block(running.of(id), inFlight, settings.warmUpMs / loads.length);
  }
  for (let round = 0; round < settings.rounds; round++) {
    progress(`round ${round + 1} of ${settings.rounds}, ${era}`);
    for (const inFlight of loads) {
      for (const { id } of rotated(contestants, round)) {
        const key = `${id} ${inFlight}`;
        const done = await block(running.of(id), inFlight, settings.blockMs);
        blocks.set(key, [...(blocks.get(key) ?? []), done]);
      }
    }
  }
  return loads.flatMap((inFlight) => {
    const blocksOf = ({ id }: Contestant): Block[] => blocks.get(`${id} ${inFlight}`)!;
    return contestants.map((contestant) => ({
      id: contestant.id,
      title: contestant.title,
      era,
      inFlight,
      ...figures(blocksOf(contestant), { bare: blocksOf(bare), sdk: blocksOf(sdk) }),
    }));
  });
}

function isWanted({ id }: Contestant, wanted: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((beginning) => id.startsWith(beginning));
}

interface Running {
  server: StdioServerProcess;
  load: StdioLoad;
}

/** Servers that run side by side, idle while another one is measured. */
async function startAll(contestants: readonly Contestant[], era: Era) {
  const servers: StdioServerProcess[] = [];
  const running = new Map<string, Running>();
  const stop = async (): Promise<void> => {
    for (const server of servers) await server[Symbol.asyncDispose]();
  };
  try {
    for (const { id, file } of contestants) {
      const server = startStdioServer(file);
      servers.push(server);
      running.set(id, { server, load: await openStdioLoad(server, { era, handshake: id !== bare.id }) });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { of: (id: string): Running => running.get(id)!, [Symbol.asyncDispose]: stop };
}

async function block({ server, load }: Running, inFlight: number, ms: number): Promise<Block> {
  const before = await server.cpuMicros();
  const { calls, seconds, wrong, faults, chunks } = await load.run({ inFlight, ms });
  const after = await server.cpuMicros();
  return {
    cpuMicros: (after - before) / calls,
    perSecond: calls / seconds,
    calls,
    wrong,
    faults,
    answersPerChunk: calls / chunks,
  };
}

function figures(blocks: readonly Block[], base: { bare: readonly Block[]; sdk: readonly Block[] }) {
  const cpuMicros = blocks.map((entry) => entry.cpuMicros);
  const perSecond = blocks.map((entry) => entry.perSecond);
  const bareCpu = base.bare.map((entry) => entry.cpuMicros);
  const sdkCpu = base.sdk.map((entry) => entry.cpuMicros);
  const sdkPerSecond = base.sdk.map((entry) => entry.perSecond);
  return {
    cpuMicros: summarize(cpuMicros),
    perSecond: summarize(perSecond),
    perSecondTimesSdk: pairedRatio(perSecond, sdkPerSecond),
    cpuSdkTimesThis: pairedRatio(sdkCpu, cpuMicros),
    cpuTimesBare: pairedRatio(cpuMicros, bareCpu),
    answersPerChunk: summarize(blocks.map((entry) => entry.answersPerChunk)),
    calls: sum(blocks.map((entry) => entry.calls)),
    wrong: sum(blocks.map((entry) => entry.wrong)),
    faults: blocks.flatMap(({ faults }) => faults),
  };
}

function goals(rows: readonly Row[]): Goal[] {
  return rows
    .filter(({ id }) => id === toolyard.id)
    .map(({ era, inFlight, perSecondTimesSdk }) =>
      goalAtLeast(
        `tools/call over stdio, ${era}, ${inFlight} in flight: calls/s, × ${sdk.title}`,
        3,
        perSecondTimesSdk.median,
      ),
    );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
