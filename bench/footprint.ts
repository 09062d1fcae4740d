import { existsSync, statSync } from 'node:fs';
import { join as path } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import { startPlatform } from '#compose/platform.ts';
import { readConfig } from '#config';
import { unrationed } from '#demo/platform.ts';
import { givenAuctions, givenBidders, openDeployment, openDoor } from './deployment.ts';

// A process of its own for each thing whose memory is measured: `footprint.ts KIND FOLDER COUNT`, run with --expose-gc.
// It tells its parent what it holds before and behind what it makes.

/** What a process holds at rest, in bytes. */
export interface Held {
  /** Live objects of the main thread and what they hold outside of its heap. */
  readonly heap: number;
  /** All memory of the process that is in use, every thread's. */
  readonly resident: number;
}

export type Told =
  | {
      readonly at: 'before' | 'behind';
      readonly held: Held;
      readonly sizes?: Readonly<Record<string, number>>;
    }
  /** The platform listens, and the parent may subscribe. */
  | { readonly at: 'listening'; readonly url: string; readonly auctionId: string };

/** How many of the same it takes until what is made once for all has been made. */
const WARM_UP = 300;
/** Between two collections, so that what finishes in the background is gone, in milliseconds. */
const REST_MS = 100;

const [kind = '', folder = '', countText = '0'] = process.argv.slice(2);
const count = Number(countText);

const tell = (told: Told): void => void process.send?.(told);

async function held(): Promise<Held> {
  if (globalThis.gc === undefined) throw new Error('run it with --expose-gc');
  for (let time = 0; time < 3; time++) {
    globalThis.gc();
    await pause(REST_MS);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}

const nextOrder = (): Promise<void> => new Promise((resolve) => process.once('message', () => resolve()));

/** Streams that the pipeline keeps decided upon, each a wallet of one person with its first credit. */
async function streams(): Promise<void> {
  const deployment = await openDeployment(folder, { everyRole: false, limits: openDoor });
  await givenBidders(deployment, 'warm', WARM_UP);
  tell({ at: 'before', held: await held() });
  for (let done = 0; done < count; done += WARM_UP)
    await givenBidders(deployment, `b${done}`, Math.min(WARM_UP, count - done));
  tell({ at: 'behind', held: await held() });
  await deployment.close();
}

/** Followers of the one feed who have reached the present and wait. */
async function followers(): Promise<void> {
  const deployment = await openDeployment(folder);
  const { feed } = deployment.engines;
  const after = await feed.head();
  const stopping = new AbortController();
  const { signal } = stopping;
  const waiting: Promise<unknown>[] = [];
  const add = async (more: number): Promise<void> => {
    for (let one = 0; one < more; one++) {
      const batches = feed
        .follow({ after, filter: { types: ['BidAccepted'] }, signal })
        [Symbol.asyncIterator]();
      await batches.next();
      waiting.push(batches.next());
    }
  };
  await add(WARM_UP);
  tell({ at: 'before', held: await held() });
  await add(count);
  tell({ at: 'behind', held: await held() });
  stopping.abort();
  await Promise.all(waiting);
  await deployment.close();
}

/** The whole platform with an auction that others subscribe to. */
async function sockets(): Promise<void> {
  const deployment = await openDeployment(folder);
  const [auctionId = ''] = await givenAuctions(deployment, 'a', 1);
  await deployment.close();
  const most = 10 * count + 1_000;
  const platform = await startPlatform({
    config: readConfig({ DATA_DIR: folder, NODE_ENV: 'test', PORT: '0', ...unrationed }),
    version: '0',
    log: pino({ level: 'silent' }),
    onFatal(error) {
      throw error;
    },
    limits: {
      http: { connections: most, connectionsPerAddress: most },
      read: { socketsPerAddress: most, feedsPerAddress: most, feedsPerPerson: most },
    },
  });
  tell({ at: 'listening', url: platform.url, auctionId });
  await nextOrder();
  tell({ at: 'before', held: await held() });
  await nextOrder();
  tell({ at: 'behind', held: await held() });
  await nextOrder();
  await platform.stop();
}

/** A history that is there already: what a process holds that has read it into its views. */
async function events(): Promise<void> {
  const empty = await openDeployment(path(folder, 'empty'));
  tell({ at: 'before', held: await held() });
  await empty.close();
  const own = path(folder, 'history');
  const deployment = await openDeployment(own);
  const head = await deployment.engines.feed.head();
  while (deployment.views?.status().some(({ position }) => position < head)) await pause(REST_MS);
  const now = await held();
  await deployment.close();
  const sizeOf = (file: string): number => {
    const all = [file, `${file}-wal`].map((name) => path(own, name)).filter((name) => existsSync(name));
    return all.reduce((sum, name) => sum + statSync(name).size, 0);
  };
  tell({ at: 'behind', held: now, sizes: { events: sizeOf('events.db'), views: sizeOf('views.db') } });
}

const kinds: Readonly<Record<string, () => Promise<void>>> = { streams, followers, sockets, events };
const run = kinds[kind];
if (run === undefined) throw new Error(`there is nothing to measure in ${kind}`);
// Without its parent nobody would ever tell it to go on.
process.once('disconnect', () => process.exit());
await run();
process.exit();
