import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { BEGINNING, type Position, type StoredEvent } from '#domain/kernel/envelope.ts';
import {
  type AppendResult,
  type Batch,
  type EventFilter,
  type EventStore,
  StoreError,
  storeLimits,
} from '#domain/kernel/ports/event-store.ts';
import { happening, happenings } from '#test/support/happenings.ts';

const runs = Number(process.env.ANNALS_RUNS ?? 20);

export interface StoreUnderTest {
  readonly store: EventStore;
  end(): Promise<void>;
}

export const positionOf = (result: AppendResult): Position => {
  assert.equal(result.status, 'appended');
  return result.status === 'appended' ? result.position : BEGINNING;
};

/** What a repeat of the append is answered: the same, but for the time, which is that of the first. */
export function answeredAgain(result: AppendResult): AppendResult {
  if (result.status === 'conflict') return result;
  const { recordedAt: _, ...rest } = result;
  return rest;
}

export async function wholeHistory(store: Pick<EventStore, 'readAll'>, filter?: EventFilter, limit = 1_000) {
  const events: StoredEvent[] = [];
  for (let position = BEGINNING; ; ) {
    const page = await store.readAll({ after: position, limit, ...(filter && { filter }) });
    events.push(...page.events);
    position = page.through;
    if (page.end) return events;
  }
}

/** Follows until `done` says so; checks that what each batch stands for begins where the one before ended. */
export async function followUntil(
  source: Pick<EventStore, 'follow'>,
  options: { readonly after?: Position; readonly filter?: EventFilter },
  done: (batches: readonly Batch[], events: readonly StoredEvent[]) => boolean,
): Promise<{ readonly batches: readonly Batch[]; readonly events: readonly StoredEvent[] }> {
  const stop = new AbortController();
  const batches: Batch[] = [];
  const events: StoredEvent[] = [];
  let through = options.after ?? BEGINNING;
  for await (const batch of source.follow({ after: BEGINNING, ...options, signal: stop.signal })) {
    assert.ok(batch.through >= through, 'through never goes back');
    for (const event of batch.events) {
      assert.ok(event.position > through && event.position <= batch.through, 'an event lies in its batch');
    }
    through = batch.through;
    batches.push(batch);
    events.push(...batch.events);
    if (done(batches, events)) stop.abort();
  }
  return { batches, events };
}

const places = (events: readonly StoredEvent[]): string[] =>
  events.map(({ stream, revision }) => `${stream}/${revision}`);
const coded = (code: string) => (error: unknown) => error instanceof StoreError && error.code === code;

/** What every engine behind the port keeps to. */
export function eventStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`event store: ${name}`, () => {
    let under: StoreUnderTest;
    let store: EventStore;
    let streams = 0;
    /** A stream of its own for each test: they share one store. */
    const fresh = (category = 'thing'): string => {
      streams += 1;
      return `${category}-${streams}`;
    };

    before(async () => {
      under = await open();
      store = under.store;
    });
    after(() => under.end());

    it('is at the beginning while it is empty', async () => {
      assert.equal(await store.head(), BEGINNING);
      assert.deepEqual(await store.readAll({ limit: 1 }), { events: [], through: BEGINNING, end: true });
      const { batches } = await followUntil(store, {}, () => true);
      assert.deepEqual(batches, [{ events: [], through: BEGINNING, live: true }]);
    });

    it('says where it is and that it answers, and what it is asked wrongly is no failure of it', async () => {
      const { address } = store.standing();
      assert.match(address, /^[a-z]+:/);
      const stream = fresh();
      await store.append(stream, 'none', happenings(1));
      assert.equal((await store.append(stream, 'none', happenings(1))).status, 'conflict');
      await assert.rejects(store.readAll({ limit: 0 }), RangeError);
      await assert.rejects(store.append(stream, 'any', []));
      await store.head();
      assert.deepEqual(store.standing(), { address, state: 'up', errors: 0 });
    });

    it('appends behind the revision the writer knows of', async () => {
      const stream = fresh();
      const first = await store.append(stream, 'none', happenings(2));
      assert.equal(first.status === 'appended' && first.revision, 1);
      const next = await store.append(stream, 1, happenings(1));
      assert.equal(next.status === 'appended' && next.revision, 2);
      assert.ok(positionOf(next) > positionOf(first));
      assert.equal(await store.head(), positionOf(next));
    });

    it('answers another revision with the actual one, and writes nothing', async () => {
      const stream = fresh();
      assert.deepEqual(await store.append(stream, 0, happenings(1)), { status: 'conflict', actual: 'none' });
      await store.append(stream, 'none', happenings(1));
      for (const expected of ['none', 5] as const) {
        assert.deepEqual(await store.append(stream, expected, happenings(1)), {
          status: 'conflict',
          actual: 0,
        });
      }
      assert.equal((await store.readStream(stream, { limit: 10 })).length, 1);
    });

    it('appends to whatever is there when the revision does not matter', async () => {
      const stream = fresh();
      for (const revision of [0, 1]) {
        const result = await store.append(stream, 'any', happenings(1));
        assert.equal(result.status === 'appended' && result.revision, revision);
      }
    });

    it('answers a repeat with the same ids and revision as it did first', async () => {
      const stream = fresh();
      const events = happenings(2);
      const first = await store.append(stream, 'none', events);
      await store.append(stream, 1, happenings(1));
      assert.deepEqual(await store.append(stream, 'none', events), answeredAgain(first));
      assert.equal((await store.readStream(stream, { limit: 10 })).length, 3);
    });

    it('lets one of many writers at the same revision win', async () => {
      const stream = fresh();
      const results = await Promise.all(
        Array.from({ length: 8 }, () => store.append(stream, 'none', happenings(1))),
      );
      assert.equal(results.filter(({ status }) => status === 'appended').length, 1);
    });

    it('tells of what it wrote just now when it was, or leaves that to the stream', async () => {
      const stream = fresh();
      const result = await store.append(stream, 'none', happenings(1));
      const [event] = await store.readStream(stream, { limit: 1 });
      if (result.status === 'appended' && result.recordedAt !== undefined)
        assert.equal(result.recordedAt, event?.recordedAt);
      assert.deepEqual(answeredAgain(result), { ...answeredAgain(result), status: 'appended', revision: 0 });
    });

    it('keeps an event as it was handed in, whatever becomes of the original', async () => {
      const stream = fresh();
      const data = {
        text: 'ä\u{1F600}"\n',
        nested: { list: [1, 2.5, null, true] },
        amount: '9007199254740993',
      };
      const original = structuredClone(data);
      await store.append(stream, 'none', [happening(data, { seed: 1 })]);
      data.nested.list.push(3);
      const [stored] = await store.readStream(stream, { limit: 1 });
      assert.deepEqual(stored?.data, original);
      assert.equal(stored?.eventId, happening({}, { seed: 1 }).eventId);
      assert.match(stored?.recordedAt ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    });

    it('reads a stream by pages, both ways', async () => {
      const stream = fresh();
      await store.append(stream, 'none', happenings(5));
      const revisions = async (read: Parameters<EventStore['readStream']>[1]) =>
        (await store.readStream(stream, read)).map(({ revision }) => revision);
      assert.deepEqual(await revisions({ limit: 2 }), [0, 1]);
      assert.deepEqual(await revisions({ from: 3, limit: 10 }), [3, 4]);
      assert.deepEqual(await revisions({ from: 9, limit: 10 }), []);
      assert.deepEqual(await revisions({ direction: 'backwards', limit: 2 }), [4, 3]);
      assert.deepEqual(await revisions({ direction: 'backwards', from: 1, limit: 10 }), [1, 0]);
      assert.deepEqual(await store.readStream('thing-nobody', { limit: 1 }), []);
    });

    it('reads the whole history by pages, both ways, without a gap or a repeat', async () => {
      for (let at = 0; at < 5; at++) await store.append(fresh(), 'none', happenings(3));
      const forwards = await wholeHistory(store, undefined, 4);
      const backwards: StoredEvent[] = [];
      for (let position: Position | undefined, end = false; !end; ) {
        const page = await store.readAll({
          direction: 'backwards',
          limit: 4,
          ...(position !== undefined && { after: position }),
        });
        backwards.push(...page.events);
        ({ through: position, end } = page);
      }
      assert.deepEqual(places(backwards.toReversed()), places(forwards));
      assert.equal(forwards.at(-1)?.position, await store.head());
    });

    it('finds by prefix of the stream and by type, and moves over the rest', async () => {
      const [red, blue] = [fresh('red'), fresh('blue')];
      await store.append(red, 'none', [happening(), happening({}, { type: 'Gone' })]);
      await store.append(blue, 'none', [happening(), happening({}, { type: 'Gone' })]);
      const found = async (filter: EventFilter) => places(await wholeHistory(store, filter, 2));
      assert.deepEqual(await found({ streams: ['red-'] }), [`${red}/0`, `${red}/1`]);
      assert.deepEqual(await found({ types: ['Gone'] }), [`${red}/1`, `${blue}/1`]);
      assert.deepEqual(await found({ streams: ['blue-', 'green-'], types: ['Gone'] }), [`${blue}/1`]);
      assert.deepEqual(await found({ streams: ['red'], types: ['Unheard'] }), []);
      assert.deepEqual(await found({ streams: [] }), []);
      const nothing = await store.readAll({ limit: 10, filter: { types: ['Unheard'] } });
      assert.deepEqual(nothing, { events: [], through: await store.head(), end: true });
    });

    it('refuses what no engine can store, and stores nothing of it', async () => {
      const stream = fresh();
      const big = 'x'.repeat(storeLimits.eventBytes);
      const half = 'x'.repeat(storeLimits.eventBytes / 2);
      const good = happening();
      const bad = [
        [stream, []],
        [stream, happenings(storeLimits.eventsPerAppend + 1)],
        [stream, [happening({ big })]],
        [stream, Array.from({ length: 9 }, () => happening({ half }))],
        [stream, [good, { ...good, eventId: 'no-uuid' }]],
        [stream, [{ ...good, type: '' }]],
        [stream, [happening({ lone: '\ud800' })]],
        [stream, [happening({ number: Number.NaN })]],
        ['', [good]],
        ['$system', [good]],
        ['two,streams', [good]],
      ] as const;
      for (const [name, events] of bad) {
        await assert.rejects(store.append(name, 'any', events), coded('invalid_event'));
      }
      assert.deepEqual(await store.readStream(stream, { limit: 1 }), []);
      for (const limit of [0, storeLimits.pageEvents + 1]) {
        await assert.rejects(store.readAll({ limit }), RangeError);
      }
    });

    it('passes from history to live, and says which is which', async () => {
      const stream = fresh('live');
      const filter = { streams: ['live-'] };
      await store.append(stream, 'none', happenings(2));
      const following = followUntil(store, { filter }, (batches, events) => {
        if (batches.at(-1)?.live && events.length === 2) void store.append(stream, 1, happenings(1));
        return events.length === 3;
      });
      const { batches, events } = await following;
      assert.deepEqual(
        places(events),
        [0, 1, 2].map((revision) => `${stream}/${revision}`),
      );
      assert.equal(batches.find((batch) => batch.events.length > 0)?.live, false);
      assert.equal(batches.at(-1)?.live, true);
    });

    it('tells a live follower how far the history has come when nothing matched', async () => {
      const head = await store.head();
      let appended: Position | undefined;
      const { batches } = await followUntil(
        store,
        { after: head, filter: { types: ['Unheard'] } },
        (seen) => {
          if (seen.length === 1) {
            void store.append(fresh(), 'none', happenings(1)).then((result) => {
              appended = positionOf(result);
            });
          }
          return seen.length > 1;
        },
      );
      assert.equal(batches.at(-1)?.through, appended ?? (await store.head()));
    });

    it('ends a follower at its signal, also one that never began', async () => {
      const aborted = AbortSignal.abort();
      for await (const _ of store.follow({ after: BEGINNING, signal: aborted }))
        assert.fail('it was aborted');
      const stop = new AbortController();
      const waiting = store
        .follow({ after: await store.head(), signal: stop.signal })
        [Symbol.asyncIterator]();
      await waiting.next();
      const next = waiting.next();
      stop.abort();
      assert.equal((await next).done, true);
    });

    it('shows every follower exactly the history, in order, under concurrent appends', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }), {
            minLength: 1,
            maxLength: 5,
          }),
          fc.boolean(),
          async (writers, filtered) => {
            const after = await store.head();
            const category = `race${streams}`;
            const total = writers.flat().reduce((sum, count) => sum + count, 0);
            const filter = filtered ? { streams: [`${category}-`] } : undefined;
            const followers = [0, 1].map(() =>
              followUntil(store, { after, ...(filter && { filter }) }, (_, events) => events.length >= total),
            );
            await Promise.all(
              writers.map(async (counts) => {
                const stream = fresh(category);
                for (const count of counts) await store.append(stream, 'any', happenings(count));
              }),
            );
            const history = (await wholeHistory(store)).filter(({ position }) => position > after);
            assert.equal(history.length, total);
            for (const { events } of await Promise.all(followers)) {
              assert.deepEqual(places(events), places(history));
            }
          },
        ),
        { numRuns: runs },
      );
    });
  });

  it(`event store: ${name}: refuses everything once it is closed, and ends its followers`, async () => {
    const { store, end } = await open();
    const waiting = followUntil(store, {}, () => false);
    const last = store.append('thing-1', 'none', happenings(1));
    await store.close();
    await assert.rejects(waiting, coded('closed'));
    assert.equal((await last).status, 'appended', 'what was accepted is finished');
    await assert.rejects(store.append('thing-1', 'any', happenings(1)), coded('closed'));
    await assert.rejects(store.readAll({ limit: 1 }), coded('closed'));
    await store.close();
    await end();
  });
}
