import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { Reply } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { SnapshotStore } from '#domain/kernel/ports/snapshot-store.ts';
import { givenPlatform, inTime, type Platform, someone } from '#test/support/platform.ts';
import { Add, AddOnes, tallies, tallyDeciders } from '#test/support/tally.ts';

const ann = someone('ann', 'bidder');
const codeOf = (reply: Reply): string =>
  reply.outcome === 'rejected' ? reply.rejection.code : reply.outcome;

function shelf() {
  const kept = new Map<string, JsonObject>();
  const store: SnapshotStore = {
    read: async (stream) => kept.get(stream),
    write: async (name, snapshot) =>
      void (snapshot === null ? kept.delete(name) : kept.set(name, structuredClone(snapshot))),
  };
  return { kept, store };
}

/** A platform that has written a snapshot behind 20 events, and what it takes to start it again. */
async function given() {
  const { kept, store: snapshots } = shelf();
  const options = {
    contexts: [tallies],
    deciders: tallyDeciders,
    snapshots,
    limits: { eventsPerSnapshot: 10 },
  };
  const before = givenPlatform(options);
  const first = await before.send(AddOnes({ tally: 'a', times: 20 }), ann, 'c1');
  await before.pipeline.drain();
  /** Says from which revisions a restarted platform reads. */
  function restart(more: Partial<Parameters<typeof givenPlatform>[0]> = {}): Platform & { reads: number[] } {
    const reads: number[] = [];
    const store: EventStore = {
      ...before.store,
      readStream(stream, read) {
        reads.push(read.from ?? 0);
        return before.store.readStream(stream, read);
      },
    };
    return { ...givenPlatform({ ...options, store, clock: before.clock, seed: 2, ...more }), reads };
  }
  return { first, kept, restart };
}

describe('a snapshot', () => {
  it('stands in for the events before it: state and remembered commands', async () => {
    const { first, restart } = await given();
    const { send, reads } = restart();
    assert.deepEqual(await send(AddOnes({ tally: 'a', times: 20 }), ann, 'c1'), first);
    assert.equal(codeOf(await send(Add({ tally: 'a', by: 981n }), ann)), 'tally_full');
    assert.equal(codeOf(await send(Add({ tally: 'a', by: 980n }), ann)), 'accepted');
    assert.deepEqual(reads.slice(0, 2), [19, 20]);
  });
  it('is not written before it is time', async () => {
    const { kept, store: snapshots } = shelf();
    const { send, pipeline } = givenPlatform({
      contexts: [tallies],
      deciders: tallyDeciders,
      snapshots,
      limits: { eventsPerSnapshot: 10 },
    });
    await send(AddOnes({ tally: 'a', times: 9 }), ann);
    assert.equal(kept.size, 0);
    await send(AddOnes({ tally: 'a', times: 1 }), ann);
    await pipeline.drain();
    assert.deepEqual([...kept.keys()], ['tally-a keys 0', 'tally-a']);
  });
  const spoilt: Record<string, (snapshot: JsonObject) => JsonObject> = {
    'of another version of the state': (snapshot) => ({ ...snapshot, key: 'another' }),
    'on an event the history does not have': (snapshot) => ({ ...snapshot, eventId: 'another' }),
    'behind the end of the history': (snapshot) => ({ ...snapshot, revision: 40 }),
    'of no shape at all': () => ({}),
  };
  for (const [which, spoil] of Object.entries(spoilt)) {
    it(`${which} is discarded`, async () => {
      const { first, kept, restart } = await given();
      const [[stream, snapshot]] = [...kept] as [[string, JsonObject]];
      kept.set(stream, spoil({ ...snapshot, state: { total: { $bigint: '0' } } }));
      const { send, clock } = restart();
      // In time: whoever believed the snapshot would conflict with the history and pause.
      assert.equal(codeOf(await inTime(clock, send(Add({ tally: 'a', by: 981n }), ann))), 'tally_full');
      assert.deepEqual(await send(AddOnes({ tally: 'a', times: 20 }), ann, 'c1'), first);
    });
  }
  it('that cannot be read or written harms no command', async () => {
    const { restart } = await given();
    const away = async (): Promise<never> => Promise.reject(new Error('away'));
    const { send, pipeline } = restart({ snapshots: { read: away, write: away } });
    assert.equal(codeOf(await send(AddOnes({ tally: 'a', times: 20 }), ann)), 'accepted');
    await pipeline.drain();
    assert.equal(codeOf(await send(Add({ tally: 'a', by: 1n }), ann)), 'unavailable');
  });
});

describe('the keys beside a snapshot', () => {
  /** Twelve commands, in pages of five events; then a day goes by, and three more come. */
  async function keyed() {
    const { kept, store: snapshots } = shelf();
    const options = {
      contexts: [tallies],
      deciders: tallyDeciders,
      snapshots,
      limits: { eventsPerSnapshot: 3, eventsPerKeyPage: 5, rememberedCommandsPerStream: 3, pageEvents: 2 },
    };
    const before = givenPlatform(options);
    const add = async (platform: Platform, ...ids: readonly number[]) => {
      for (const id of ids) {
        await platform.send(Add({ tally: 'a', by: 1n }), ann, `c${id}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const pages = () => [...kept.keys()].filter((name) => name.includes(' keys '));
    const restart = (seed: number) =>
      givenPlatform({ ...options, store: before.store, clock: before.clock, seed });
    await add(before, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    return {
      before,
      kept,
      pages,
      add,
      restart,
      length: async () => (await before.history('tally-a')).length,
    };
  }
  it('lie in pages by revision, and are known to whoever starts from it', async () => {
    const { pages, add, restart, length } = await keyed();
    assert.deepEqual(pages(), ['tally-a keys 0', 'tally-a keys 1', 'tally-a keys 2']);
    await add(restart(2), 0, 4, 5, 11);
    assert.equal(await length(), 12);
  });
  it('that are lost, spoilt or older than it are taken from the events', async () => {
    const { kept, add, restart, length } = await keyed();
    const [, , last] = [...kept].filter(([name]) => name.includes(' keys '));
    kept.delete('tally-a keys 0');
    kept.set('tally-a keys 1', { through: 'half' });
    kept.set('tally-a keys 2', { ...last?.[1], through: 10, keys: [] });
    await add(restart(2), 0, 3, 4, 5, 9, 10, 11);
    assert.equal(await length(), 12);
  });
  it('are taken away when no key of their page is remembered any more', async () => {
    const { before, pages, add, restart, length } = await keyed();
    before.clock.advanceTo(later(before.clock.now(), 24 * 60 * 60 * 1_000));
    await add(before, 12, 13, 14);
    assert.deepEqual(pages(), ['tally-a keys 2']);
    await add(restart(2), 12, 13, 14);
    assert.equal(await length(), 15);
  });
});
