import type { Awaitable } from '@toolyard/core';

import { FetchIncoming, FetchReply } from '../fetch/fetch-message.ts';
import { NodeIncoming, NodeReply } from '../node/node-message.ts';
import type { BesideHandler } from './beside.ts';
import type { Front, Visit } from './front.ts';
import { problem, sendProblem } from './problem.ts';

/** A handler for paths, behind a front. A path that ends in `/*` stands for all below it. */
export function besideHandler(
  front: Front,
  paths: readonly string[],
  serve: (visit: Visit) => Awaitable<void>,
): BesideHandler {
  const exact = new Set(paths.filter((path) => !path.endsWith('/*')));
  const above = paths.filter((path) => path.endsWith('/*')).map((path) => path.slice(0, -1));
  const owns = (path: string) => exact.has(path) || above.some((prefix) => path.startsWith(prefix));
  const serverOf = (path: string) => (owns(path) ? serve : answerNotFound);
  return {
    paths,
    owns,
    fetch(request) {
      const incoming = new FetchIncoming(request);
      const reply = new FetchReply(request);
      void front.handle(incoming, reply, serverOf(incoming.path));
      return reply.response;
    },
    async node(request, response, next) {
      const incoming = new NodeIncoming(request);
      if (next && !owns(incoming.path)) next();
      else await front.handle(incoming, new NodeReply(response), serverOf(incoming.path));
    },
    close: (options) => front.close(options),
  };
}

function answerNotFound({ incoming, reply, headers }: Visit): void {
  const path = incoming.path.slice(0, MAX_PATH);
  sendProblem(reply, problem(404, 'NOT_FOUND', `Nothing is served at ${path}.`), headers);
}

/** Characters of a path that are repeated to whoever sent it. */
const MAX_PATH = 256;
