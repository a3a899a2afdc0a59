import {
  createServer,
  request as requestHttp,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';

import { onTestFinished } from 'vitest';

import {
  doctor,
  type CheckName,
  type DoctorCheck,
  type DoctorOptions,
  type DoctorReport,
} from '../../src/doctor.ts';

/** Examines with short limits. */
export function examine(url: string, options: DoctorOptions = {}): Promise<DoctorReport> {
  return doctor(url, { timeoutMs: 3000, firstByteMs: 1500, ...options });
}

export function checkOf(report: DoctorReport, name: CheckName): DoctorCheck {
  const check = report.checks.find((candidate) => candidate.name === name);
  if (!check) throw new Error(`There is no check ${name}.`);
  return check;
}

/** The checks that did not go well, as `name status`. */
export function complaints({ checks }: DoctorReport): string[] {
  return checks
    .filter(({ status }) => status === 'warn' || status === 'fail')
    .map(({ name, status }) => `${name} ${status}`);
}

/** All that is advised for a check, with the proxy it is for. */
export function remediesOf(check: DoctorCheck): string {
  return check.remedies.map(({ where, setting }) => `${where}: ${setting}`).join('\n');
}

/** Answers HTTP with what a test says, until it ends. */
export async function answerWith(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

/** Does with connections what a test says, until it ends. */
export async function acceptWith(listener: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    listener(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

/** Passes a request on to a server. */
export function pipeTo(url: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = request;
  const onward = requestHttp(url, { method, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}
