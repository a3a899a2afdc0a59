/** What the bench asks a server process over Node's IPC channel: the CPU microseconds it has used so far. */
export interface CpuReport {
  cpuMicros: number;
}

/** The body of a server process that talks over its stdin and stdout. Under the bench it ends with its parent. */
export function runStdioServer(serve: () => void): void {
  process.on('disconnect', () => process.exit());
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    const report: CpuReport = { cpuMicros: user + system };
    process.send?.(report);
  });
  serve();
}
