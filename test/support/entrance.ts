import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

// One address for a platform whose roles are in several processes, as a balancer before them: GraphQL goes to the replicas of the read
// API by turns, everything else to the write side.

/** How often it asks who is there, in milliseconds, and for how long it waits for an answer. */
const LOOK_MS = 200;
const PATIENCE_MS = 3_000;

/** As the platform itself says it over every way in, so that clients come again. */
const NOBODY = JSON.stringify({
  code: 'unavailable',
  message: 'nobody is there',
  details: {},
  errors: [{ message: 'nobody is there', extensions: { code: 'unavailable' } }],
});

export interface Entrance {
  /** `http://127.0.0.1:40123` */
  readonly url: string;
  /** Requests and sockets that each has been given. */
  given(replica: string): number;
  close(): Promise<void>;
}

/** Who of the replicas is ready, as far as the last look has told. */
function replicasOf(urls: readonly string[]) {
  const stopped = new AbortController();
  const ready = new Set(urls);
  const given = new Map<string, number>();
  let turn = 0;

  async function look(url: string): Promise<void> {
    while (!stopped.signal.aborted) {
      const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(PATIENCE_MS)]);
      const answer = await fetch(`${url}/health/ready`, { signal }).catch(() => undefined);
      await answer?.arrayBuffer().catch(() => undefined);
      if (answer?.ok === true) ready.add(url);
      else ready.delete(url);
      await pause(LOOK_MS);
    }
  }

  const looking = Promise.all(urls.map(look));
  return {
    next(): string | undefined {
      // Where none is ready, or all are too slow to say so, any may still answer: it tells more than nobody.
      const there = ready.size === 0 ? urls : urls.filter((url) => ready.has(url));
      turn += 1;
      const url = there[turn % Math.max(1, there.length)];
      if (url !== undefined) given.set(url, (given.get(url) ?? 0) + 1);
      return url;
    },
    given: (url: string): number => given.get(url) ?? 0,
    async stop() {
      stopped.abort();
      await looking;
    },
  };
}

/** Hands a request on; whoever cannot be reached is told of by 502. */
function handOn(to: string, agent: Agent, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url } = incoming;
  const onwards = request(`${to}${url}`, { ...{ method, headers, agent } }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
    answer.once('error', () => response.destroy());
  });
  onwards.once('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502, { 'content-type': 'application/json' }).end(NOBODY);
  });
  response.once('close', () => onwards.destroy());
  incoming.pipe(onwards);
}

function handSocketOn(
  to: string,
  { method, url, rawHeaders }: IncomingMessage,
  socket: Socket,
  head: Buffer,
): void {
  const { hostname, port } = new URL(to);
  const onwards = connect(Number(port), hostname, () => {
    const headers = rawHeaders.flatMap((name, at) =>
      at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : [],
    );
    onwards.write(`${[`${method} ${url} HTTP/1.1`, ...headers].join('\r\n')}\r\n\r\n`);
    onwards.write(head);
    socket.pipe(onwards).pipe(socket);
  });
  for (const [one, other] of [
    [socket, onwards],
    [onwards, socket],
  ] as const)
    one.on('error', () => other.destroy()).on('close', () => other.destroy());
}

/** Opens it on any free port. */
export async function openEntrance(options: {
  readonly writeSide: string;
  readonly readApis: readonly string[];
}): Promise<Entrance> {
  const replicas = replicasOf(options.readApis);
  const agent = new Agent({ keepAlive: false });
  const sockets = new Set<Socket>();
  const placeOf = ({ url = '/' }: IncomingMessage): string | undefined =>
    /^\/graphql(\?|$)/.test(url) ? replicas.next() : options.writeSide;

  const server = createServer((incoming, response) => {
    const to = placeOf(incoming);
    if (to === undefined) response.writeHead(503, { 'content-type': 'application/json' }).end(NOBODY);
    else handOn(to, agent, incoming, response);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (incoming, socket, head) => {
    const to = placeOf(incoming);
    if (to === undefined) socket.destroy();
    else handSocketOn(to, incoming, socket as Socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    given: replicas.given,
    async close() {
      await replicas.stop();
      agent.destroy();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
