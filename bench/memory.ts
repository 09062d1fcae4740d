import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { Held, Told } from './footprint.ts';
import { givenHistory } from './history.ts';
import { type Bench, type Goal, ranRow, valueAtMost } from './row.ts';

const KIB = 1_024;
const MIB = KIB * KIB;
const MILLION = 1_000_000;

/** What others may rely on; stated by ourselves. */
const goals = {
  stream: valueAtMost(8),
  follower: valueAtMost(8),
  socket: valueAtMost(64),
  events: valueAtMost(2_048),
};

/** Before and behind, as one of the processes of `footprint.ts` tells it. */
interface Footprint {
  readonly before: Held;
  readonly behind: Held;
  readonly sizes: Readonly<Record<string, number>>;
}

/** @throws when the process ends before it has told everything */
async function footprint(
  kind: 'streams' | 'followers' | 'sockets' | 'events',
  options: { readonly folder: string; readonly count: number; readonly subscribe?: Subscribe },
): Promise<Footprint> {
  const { folder, count, subscribe } = options;
  const program = join(import.meta.dirname, 'footprint.ts');
  const child = fork(program, [kind, folder, String(count)], { execArgv: ['--expose-gc'] });
  const taken: { before?: Held; behind?: Held; sizes?: Readonly<Record<string, number>> } = {};
  let open: readonly WebSocket[] = [];
  let url: { readonly url: string; readonly auctionId: string } | undefined;

  async function hear(told: Told): Promise<void> {
    if (told.at === 'listening') {
      url = told;
      open = (await subscribe?.(told.url, told.auctionId, WARM_UP)) ?? [];
    } else {
      taken[told.at] = told.held;
      if (told.sizes !== undefined) taken.sizes = told.sizes;
      if (url === undefined) return;
      if (told.at === 'before')
        open = [...open, ...((await subscribe?.(url.url, url.auctionId, count)) ?? [])];
      else for (const socket of open) socket.terminate();
    }
    child.send('go on');
  }
  let hearing = Promise.resolve();
  child.on('message', (told) => {
    hearing = hearing.then(() => hear(told as Told));
    hearing.catch(() => child.kill());
  });
  const [code] = await once(child, 'exit');
  await hearing;
  const { before, behind, sizes = {} } = taken;
  if (before === undefined || behind === undefined) throw new Error(`the process ended with ${code}`);
  return { before, behind, sizes };
}

type Subscribe = (url: string, auctionId: string, count: number) => Promise<readonly WebSocket[]>;
const WARM_UP = 50;
const FOLLOW = 'subscription ($id: ID!) { auctionFeed(auctionId: $id) { position auction { bids } } }';

/** Sockets, each with one subscription that has had its first item. */
const subscribe: Subscribe = async (url, auctionId, count) => {
  const sockets: WebSocket[] = [];
  for (let one = 0; one < count; one++) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const { promise: first, resolve, reject } = Promise.withResolvers<void>();
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init' })));
    socket.on('message', (message: Buffer) => {
      const { type } = JSON.parse(message.toString()) as { readonly type: string };
      const payload = { query: FOLLOW, variables: { id: auctionId } };
      if (type === 'connection_ack') socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
      else if (type === 'next') resolve();
      else if (type === 'error' || type === 'complete') reject(new Error(`no feed: ${message.toString()}`));
    });
    socket.on('error', reject);
    socket.on('close', (code, reason) => reject(new Error(`closed with ${code}: ${reason.toString()}`)));
    await first;
    sockets.push(socket);
  }
  return sockets;
};

/** What one of many takes: the growth of the heap by so many of them, behind full collections. */
const eachOf = (options: {
  readonly name: string;
  readonly kind: 'streams' | 'followers' | 'sockets';
  readonly what: string;
  readonly unit: string;
  readonly count: { readonly usual: number; readonly short: number };
  readonly goal: Goal;
  readonly subscribe?: Subscribe;
}): Bench => ({
  name: options.name,
  async measure({ short, folder }) {
    const { name, kind, what, unit, goal, subscribe } = options;
    const count = short ? options.count.short : options.count.usual;
    const { before, behind } = await footprint(kind, {
      folder,
      count,
      ...(subscribe !== undefined && { subscribe }),
    });
    return [
      ranRow({
        name,
        what,
        value: (behind.heap - before.heap) / count / KIB,
        unit,
        goal,
        rounds: 1,
        medianOf: `the growth by ${count}, behind full collections`,
        details: {
          'KiB resident for each': (behind.resident - before.resident) / count / KIB,
          'MiB resident before': before.resident / MIB,
        },
        note: 'The goal is stated by ourselves.',
      }),
    ];
  },
});

const streams = eachOf({
  name: 'memory-stream',
  kind: 'streams',
  what: 'a wallet that the pipeline keeps in memory',
  unit: 'KiB a stream',
  count: { usual: 10_000, short: 300 },
  goal: goals.stream,
});
const followers = eachOf({
  name: 'memory-follower',
  kind: 'followers',
  what: 'somebody in the process who follows the feed and waits',
  unit: 'KiB a follower',
  count: { usual: 5_000, short: 500 },
  goal: goals.follower,
});
const sockets = eachOf({
  name: 'memory-socket',
  kind: 'sockets',
  what: 'a WebSocket with one subscription to an auction',
  unit: 'KiB a socket',
  count: { usual: 500, short: 50 },
  goal: goals.socket,
  subscribe,
});

const events: Bench = {
  name: 'memory-events',
  async measure(run) {
    const size = run.short ? { bids: 100, events: 1 } : { bids: 2_000, events: 100_000 };
    const count = await givenHistory(run.folder, size);
    const { before, behind, sizes } = await footprint('events', { folder: run.folder, count });
    const each = (bytes = 0): number => ((bytes / count) * MILLION) / MIB;
    return [
      ranRow({
        name: 'memory-events',
        what: 'the disk that a million events take, with their views',
        value: each(sizes.events) + each(sizes.views),
        unit: 'MiB for a million events',
        goal: goals.events,
        rounds: 1,
        medianOf: `a history of ${count} events`,
        details: {
          'MiB of events.db for a million': each(sizes.events),
          'MiB of views.db for a million': each(sizes.views),
          'MiB resident, empty': before.resident / MIB,
          [`MiB resident with ${count} events, all views filled`]: behind.resident / MIB,
          'MiB of live objects, empty': before.heap / MIB,
          [`MiB of live objects with ${count} events`]: behind.heap / MIB,
        },
        note: 'The goal is stated by ourselves. What is kept of the history in memory is bounded: the ring of the feed, heads, documents.',
      }),
    ];
  },
};

export const memoryBenches: readonly Bench[] = [streams, followers, sockets, events];
