import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBus } from '#compose/bus.ts';
import { registry } from '#compose/contexts.ts';
import { openStores, storesAt } from '#compose/stores.ts';
import { readConfig } from '#config';
import type { Bus, BusRecord } from '#domain/kernel/ports/bus.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import { steadyClock } from '#engines/clock/steady.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { eventFeed } from '#engines/event-feed/feed.ts';
import { newIds } from '#engines/ids.ts';
import { publisher } from '#projections/publishing/publisher.ts';
import { topicsOf } from '#projections/publishing/topics.ts';
import { givenHistory, historyFolder } from '../history.ts';
import { inTurns, perSecond } from '../measuring.ts';
import { ranRow, ratioAtLeast } from '../row.ts';
import { onServers } from './on-servers.ts';
import { kafkaAt } from './servers.ts';

const GOAL = ratioAtLeast(0.7);
const CAUGHT_UP_MS = 300_000;

/** Publishes a whole history as a process does that begins to, until all of it is told. Answers events of the history a second. */
export async function publishing(
  folder: string,
  bus: Pick<Bus, 'declare' | 'send'>,
  prefix: string,
): Promise<number> {
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(folder, `views.db${suffix}`), { force: true });
  const clock = steadyClock();
  const { store, readStore, close } = await openStores(storesAt(folder, { engine: 'sqlite' }), {
    clock,
    readOnly: true,
  });
  const { consumers } = readStore;
  const feed = eventFeed(store, { clock });
  const consume = consumerLoop({ feed, store, consumers, registry, clock, owner: 'bench' });
  await bus.declare(topicsOf(registry, prefix));
  // The thread that writes is there when this answers: what is measured begins with everything open, as the peer's does.
  await consumers.forget('nobody');
  const head = await store.head();
  const startedAt = performance.now();
  const consumer = await consume(publisher({ registry, epoch: 'bench', bus, prefix }));
  const isDone = await consumer.reached(head, CAUGHT_UP_MS);
  const rate = perSecond(consumer.status().handled, startedAt);
  await consumer.stop();
  await feed.close();
  await close();
  if (!isDone) throw new Error(`the publisher has not caught up within ${CAUGHT_UP_MS} ms`);
  return rate;
}

/** What the publisher sends of the history: its records in their order. */
export async function recorded(folder: string, prefix: string): Promise<readonly BusRecord[]> {
  const records: BusRecord[] = [];
  const bus = {
    declare: async () => undefined,
    send: async (sent: readonly BusRecord[]) => void records.push(...sent),
  };
  await publishing(folder, bus, prefix);
  return records;
}

/** kafkajs as it comes, in a process of its own, with the same records. */
async function barePeer(folder: string, records: readonly BusRecord[], brokers: readonly string[]) {
  const file = join(folder, 'records.json');
  writeFileSync(file, JSON.stringify(records));
  const peer = fork(join(import.meta.dirname, 'bare-sending.ts'), [file, brokers.join()]);
  const told = async (): Promise<unknown> => {
    const ended = once(peer, 'exit').then(([code]) => {
      throw new Error(`the peer has ended with ${code}`);
    });
    const [message] = await Promise.race([once(peer, 'message'), ended]);
    return message;
  };
  await told();
  return {
    /** Records a second. */
    async send(): Promise<number> {
      const answer = told();
      peer.send('go');
      return Number(await answer);
    },
    end: () => peer.disconnect(),
  };
}

const bytesIn = (records: readonly BusRecord[]): number =>
  records.reduce((sum, { key, value, headers }) => sum + (key + value + JSON.stringify(headers)).length, 0);

export const publishBench = onServers({
  name: 'engines-publish',
  what: 'a history told to the topics of Kafka',
  goal: GOAL,
  servers: ['kafka'],
  async measure(run, { kafka: url }) {
    // Long enough that what a consumer costs once, its leases and its last commit, is not what is measured.
    const size = run.short ? { bids: 100, events: 1 } : { bids: 1_000, events: 60_000 };
    const events = await givenHistory(run.folder, size);
    const folder = historyFolder(run.folder);
    const { prefix, brokers } = kafkaAt(url);
    const config = readConfig({ BUS: url, DATA_DIR: folder });
    const clock = steadyClock();
    const { bus } = await openBus(config, { clock, log: noLog, newId: newIds({ clock }) });
    const records = await recorded(folder, prefix);
    await bus.declare(topicsOf(registry, prefix));
    const peer = await barePeer(run.folder, records, brokers);
    try {
      const rounds = run.short ? 1 : 3;
      const share = records.length / events;
      const ours = async () => (await publishing(folder, bus, prefix)) * share;
      const theirs = () => peer.send();
      // Both are compiled as they are used, and the broker, too.
      for (const warmUp of [theirs, ours]) await warmUp();
      const rates = await inTurns(run, { name: 'engines-publish', rounds, ours, theirs });
      return [
        ranRow({
          name: 'engines-publish',
          what: `a history of ${events} events told to the topics of Kafka`,
          value: rates.ours,
          unit: 'records/s',
          against: {
            what: 'kafkajs’ sendBatch of the same records, as text, one after the other, in a process of its own',
            value: rates.theirs,
          },
          goal: GOAL,
          rounds,
          medianOf: 'whole histories',
          details: { records: records.length, 'bytes of a record': bytesIn(records) / records.length },
          note: 'Both with gzip, an idempotent producer and acknowledged by every replica, of which there is one.',
        }),
      ];
    } finally {
      peer.end();
      await bus.close();
    }
  },
});
