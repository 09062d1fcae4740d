import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { MortalPlatform } from '../crash/mortal-platform.ts';
import { until } from '../support/until.ts';
import { closedWith, httpProblems, readAnswers, readFrames } from './answers.ts';
import type { Scene } from './attack.ts';
import { happens, opened, untilEnough, written } from './connection.ts';
import { socketTo } from './frames.ts';
import { sse, subscribe } from './requests.ts';

// The end by SIGTERM, as those see it who are there: first not ready, then the feeds end with a reason, then the rest.

const LOOK_MS = 5;
const BEGUN_MS = 5_000;
const STOP_MS = 30_000;
const GOING_AWAY = 1_001;
const FEED = 'subscription { auctionFeed(auctionId: "open-2") { position } }';

/** The status of readiness, now and then over one connection, until nobody answers. */
function readiness(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const seen: { readonly status: number; readonly at: number }[] = [];
  const once = (): Promise<number> =>
    new Promise((resolve) => {
      request(`${url}/health/ready`, { agent }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      })
        .on('error', () => resolve(0))
        .end();
    });
  const over = new AbortController();
  const looking = (async () => {
    while (!over.signal.aborted) {
      const at = performance.now();
      seen.push({ status: await once(), at });
      await pause(LOOK_MS);
    }
  })();
  return {
    seen,
    async end(): Promise<void> {
      over.abort();
      await looking;
      agent.destroy();
    },
  };
}

/** Stops the platform, and says what was not in order. */
export async function stopInOrder(scene: Scene, platform: MortalPlatform): Promise<readonly string[]> {
  const onSocket = await socketTo(scene);
  await written(onSocket.socket, subscribe('1', FEED));
  const byEvents = await opened(scene);
  await written(byEvents.socket, sse(scene.world, FEED));
  const begun = (bytes: Buffer): boolean => bytes.includes('position');
  for (const each of [onSocket, byEvents]) await untilEnough(each, begun, BEGUN_MS);
  const ready = readiness(scene.world.url);
  await until(() => ready.seen.some(({ status }) => status === 200), 'it is ready before it is stopped');
  let feedEndedAt = Number.POSITIVE_INFINITY;
  for (const { socket, closed } of [onSocket, byEvents]) {
    const ended = () => {
      feedEndedAt = Math.min(feedEndedAt, performance.now());
    };
    socket.on('data', (chunk: Buffer) => {
      if (chunk.includes('unavailable')) ended();
    });
    void closed.then(ended);
  }
  const stopped = platform.stop();
  const isOver = await happens(STOP_MS, stopped);
  if (!isOver) await platform.kill();
  const code = await stopped;
  await ready.end();
  for (const { socket } of [onSocket, byEvents]) socket.destroy();

  const wire = onSocket.received();
  const closed = closedWith(readFrames(readAnswers(wire).rest));
  const late = ready.seen.filter(({ status, at }) => status === 200 && at > feedEndedAt);
  return [
    ...(code === 0
      ? []
      : [`it ended with ${code} and not with 0${isOver ? '' : `, killed after ${STOP_MS} ms`}`]),
    ...(wire.includes('unavailable') ? [] : ['a feed on a socket was not told why it ends']),
    ...(byEvents.received().includes('unavailable')
      ? []
      : ['a feed of server-sent events was not told why it ends']),
    ...(closed === GOING_AWAY ? [] : [`the socket was closed with ${closed} and not with ${GOING_AWAY}`]),
    ...(late.length === 0 ? [] : [`ready ${late.length} times behind the end of the first feed`]),
    ...[onSocket, byEvents].flatMap(({ received }) =>
      httpProblems(received(), { secrets: scene.secrets }).filter(
        (problem) => !problem.includes('unavailable'),
      ),
    ),
  ];
}
