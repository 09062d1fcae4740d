import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { noLog } from '#domain/kernel/ports/log.ts';
import { systemClock } from '#engines/clock/system.ts';
import { belongTo, lossOf, told } from '#engines/read-store/history.ts';
import { memoryReadStore } from '#engines/read-store/memory/store.ts';
import { demandWholeHistory, refuseLoss } from '#engines/whole-history.ts';

const store = (epoch: string, head: bigint) => ({ epoch, head: async () => head });

/** A read store of a history, with consumers that stand somewhere in it. */
async function readBy(epoch: string, checkpoints: Readonly<Record<string, bigint>>) {
  const readStore = memoryReadStore();
  await belongTo(readStore, epoch);
  for (const [consumer, checkpoint] of Object.entries(checkpoints)) {
    const lease = await readStore.consumers.lease(consumer, 'me', 0, 1_000);
    assert.ok(lease);
    await readStore.consumers.commit({ lease, writes: [], checkpoint, parked: [] });
  }
  return readStore;
}

test('a history that holds all that was read of it has lost nothing', async () => {
  const readStore = await readBy('e1', { a: 7n, b: 3n });
  assert.equal(await lossOf(readStore, store('e1', 7n)), undefined);
});

test('one that ends before a checkpoint has, and those who stand behind the end are named, the furthest first', async () => {
  const readStore = await readBy('e1', { a: 7n, b: 3n, c: 9n });
  const missing = await lossOf(readStore, store('e1', 5n));
  assert.ok(missing);
  const readers = [
    { consumer: 'c', checkpoint: 9n },
    { consumer: 'a', checkpoint: 7n },
  ];
  assert.deepEqual(missing, { head: 5n, another: false, readers });
  assert.match(told(missing), /^the history ends at position 5 and was read further by c \(9\), a \(7\): /);
});

test('whatever was read of another history is missing here, however far this one goes', async () => {
  const missing = await lossOf(await readBy('e2', { a: 7n, b: 0n }), store('e1', 50n));
  assert.ok(missing);
  assert.deepEqual(missing, { head: 50n, another: true, readers: [{ consumer: 'a', checkpoint: 7n }] });
  assert.match(told(missing), /ends at position 50 and is another than the one that was read by a \(7\): /);
});

test('views that have read nothing tell of no loss', async () => {
  assert.equal(await lossOf(await readBy('e2', { a: 0n }), store('e1', 5n)), undefined);
  assert.equal(await lossOf(await readBy('e2', {}), store('e1', 5n)), undefined);
  assert.equal(await lossOf(memoryReadStore(), store('e1', 5n)), undefined);
});

test('of many some are named and the rest are counted', async () => {
  const many = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`c${at}`, BigInt(10 + at)]));
  const missing = await lossOf(await readBy('e1', many), store('e1', 1n));
  assert.ok(missing);
  assert.match(told(missing), /c7 \(17\), c6 \(16\), c5 \(15\), c4 \(14\), c3 \(13\) and 3 others: /);
});

test('whoever reads on beside the question is not taken for somebody who has lost', async () => {
  const readStore = await readBy('e1', { a: 3n });
  let head = 3n;
  /** The history grows as soon as it was asked for its end, and its reader is as fast. */
  const growing = {
    epoch: 'e1',
    async head() {
      const now = head;
      head = 9n;
      const lease = await readStore.consumers.lease('a', 'me', 0, 1_000);
      if (lease) await readStore.consumers.commit({ lease, writes: [], checkpoint: 9n, parked: [] });
      return now;
    },
  };
  assert.equal(await lossOf(readStore, growing), undefined);
});

test('a folder without the history that was read elsewhere is refused, until that one loss is accepted', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'annals-elsewhere-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const elsewhere = await readBy('e1', { a: 7n });
  const at = { folder, clock: systemClock(), keyFile: undefined, elsewhere };
  await assert.rejects(refuseLoss(at), /was read by a \(7\): events\.db and READ_STORE are of two histories/);
  const refused = await demandWholeHistory({ ...at, log: noLog, acceptedLoss: undefined }).catch(String);
  assert.match(String(refused), /name another database in READ_STORE/);
  assert.deepEqual(readdirSync(folder), []);
  const acceptedLoss = /ACCEPT_HISTORY_END=(\S+)\.$/.exec(String(refused))?.[1];
  await demandWholeHistory({ ...at, log: noLog, acceptedLoss });
  assert.ok(readdirSync(folder).includes('events.db.lost'));
  await assert.doesNotReject(refuseLoss({ ...at, elsewhere: await readBy('e1', { a: 0n }) }));
});
