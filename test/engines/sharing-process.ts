/**
 * Run as a process of its own: advances views of the history in a folder, in the read store that it is given, as one of a group, with
 * the times of production. Prints which it holds whenever that changes, and each commit of its that is fenced.
 */
import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { openHistory, openReadStore, storesAt } from '#compose/stores.ts';
import { readConfig } from '#config';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import { steadyClock } from '#engines/clock/steady.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { shareWork } from '#engines/consumer/sharing.ts';
import { startViews } from '#projections/runtime/views.ts';
import { registry } from '#test/support/counters.ts';
import { eightViews } from './eight-views.ts';

const [folder = '', url = '', database = '', owner = ''] = process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);

const { readStore: at } = readConfig({ READ_STORE: url });
const stores = storesAt(folder, at.engine === 'mongodb' ? { ...at, database } : at);
const clock = steadyClock();
const store = await openHistory({ profile: 'embedded', folder }, { clock, readOnly: true });
const readStore = await openReadStore(stores);
const consumers: ConsumerStore = {
  ...readStore.consumers,
  async commit(commit) {
    // So that a signal that stops this process nearly always meets it between an event and its commit.
    await pause(10);
    const outcome = await readStore.consumers.commit(commit);
    if (outcome === 'fenced') say(`fenced ${commit.lease.consumer}`);
    return outcome;
  },
};
const sharing = shareWork({ consumers, clock, group: 'projections', owner });
const views = await startViews({
  ...{ views: eightViews, readStore: { ...readStore, consumers }, clock, leftAfterMs: 15_000 },
  consume: consumerLoop({ feed: store, store, consumers, registry, clock, owner, sharing }),
  onProblem: (view, error) => say(`problem ${view} ${error}`),
});
let told = '';
setInterval(() => {
  const held = `holds ${views
    .status()
    .flatMap((status) => status.held)
    .sort()
    .join(' ')}`;
  if (held !== told) say(held);
  told = held;
}, 20);
process.once('SIGTERM', async () => {
  await sharing.leave();
  await views.stop();
  await readStore.close();
  await store.close();
  process.exit(0);
});
