import { createServer, type RequestListener } from 'node:http';

/** Listens on a free port of the loopback interface and resolves to the URL of `/mcp` there. */
export function listen(listener: RequestListener): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer(listener);
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('It listens on no port.'));
      else resolve(`http://127.0.0.1:${address.port}/mcp`);
    });
  });
}
