import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Bus,
  type BusConsumer,
  type BusConsumerOptions,
  BusError,
  type BusRecord,
  busLimits,
  type ReceivedRecord,
} from '#domain/kernel/ports/bus.ts';
import { until } from '#test/support/until.ts';

/** An engine that the contract of the bus is run against. */
export interface BusEngine {
  readonly engine: string;
  open(): Promise<Bus>;
  /** A record as no sender of ours makes it. */
  put(topic: string, content: Pick<ReceivedRecord, 'key' | 'value'>): Promise<void>;
}

export const freshName = (): string => `annals-test-${randomUUID().slice(0, 8)}`;
export const record = (topic: string, key: string, value: string): BusRecord => ({
  topic,
  key,
  value,
  headers: {},
});
export const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
export const coded = (code: string) => (error: unknown) => error instanceof BusError && error.code === code;

/** Of each key its values, in the order in which they came. */
export function valuesByKey(records: readonly ReceivedRecord[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { key, value } of records) {
    const values = found.get(text(key)) ?? [];
    found.set(text(key), values);
    values.push(text(value));
  }
  return found;
}

const count = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, at) => from + at);

/** What every engine behind the port keeps to. */
export function busContract({ engine, open, put }: BusEngine): void {
  describe(`bus: ${engine}`, { concurrency: 3 }, () => {
    let bus: Bus;
    before(async () => {
      bus = await open();
    });
    after(() => bus.close());

    async function topicOf(partitions: number): Promise<string> {
      const name = freshName();
      await bus.declare([{ name, partitions }]);
      return name;
    }

    type Given = Partial<BusConsumerOptions> & { topics: readonly string[] };
    /** What a consumer has handled, as it grows. */
    function listen(t: TestContext, given: Given): { seen: ReceivedRecord[]; consumer: BusConsumer } {
      const seen: ReceivedRecord[] = [];
      const consumer = bus.consume({
        group: freshName(),
        handle: async (records) => {
          seen.push(...records);
        },
        ...given,
      });
      t.after(() => consumer.stop());
      return { seen, consumer };
    }

    it('keeps the order of a key over sends that overlap', async (t) => {
      const topic = await topicOf(4);
      const keys = ['a', 'b', 'c', 'd', 'e'];
      const sends = count(0, 40).map((at) => bus.send(keys.map((key) => record(topic, key, `${at}`))));
      await Promise.all(sends);
      const { seen } = listen(t, { topics: [topic] });
      await until(() => seen.length >= 200, 'all were handled');
      const wanted = count(0, 40).map(String);
      for (const key of keys) assert.deepEqual(valuesByKey(seen).get(key), wanted);
      for (const ofOne of Map.groupBy(seen, ({ partition }) => partition).values()) {
        const offsets = ofOne.map(({ offset }) => offset);
        assert.deepEqual(
          offsets,
          offsets.toSorted((a, b) => Number(a - b)),
        );
      }
    });

    it('says of a record where it is, when it came and what its headers are', async (t) => {
      const topic = await topicOf(1);
      const began = Date.now();
      const headers = { ce_id: 'x', unicode: 'žluť 🎩', empty: '' };
      await bus.send([{ topic, key: 'schlüssel', value: '{"a":1}', headers }]);
      const { seen } = listen(t, { topics: [topic] });
      const [first] = await until(() => seen.length > 0 && seen, 'it came');
      assert.ok(first);
      const { takenAt, key, value, ...rest } = first;
      assert.deepEqual(rest, { topic, partition: 0, offset: 0n, headers });
      assert.deepEqual([text(key), text(value)], ['schlüssel', '{"a":1}']);
      assert.ok(Math.abs(Date.parse(takenAt) - began) < 60_000, takenAt);
    });

    it('hands on bytes as they are, and what is not there as undefined', async (t) => {
      const topic = await topicOf(1);
      const odd = Uint8Array.of(0xff, 0xfe, 0, 0x80);
      await put(topic, { key: odd, value: odd });
      await put(topic, { key: undefined, value: undefined });
      await put(topic, { key: new Uint8Array(), value: new Uint8Array() });
      const { seen } = listen(t, { topics: [topic] });
      await until(() => seen.length === 3, 'all came');
      const bytes = (given: Uint8Array | undefined) => given && [...given];
      assert.deepEqual(
        seen.map(({ key, value }) => [bytes(key), bytes(value)]),
        [
          [[...odd], [...odd]],
          [undefined, undefined],
          [[], []],
        ],
      );
    });

    it('refuses what is beyond the limits or would arrive as something else, and takes the largest', async (t) => {
      const topic = await topicOf(1);
      const large = record(topic, 'k', 'x'.repeat(busLimits.recordBytes - 1));
      const refused: readonly (readonly BusRecord[])[] = [
        [record(topic, 'kk', large.value)],
        [{ ...large, headers: { h: '' } }],
        [record(topic, 'k', `lone \ud800`)],
        [record(topic, 'lone \udc00', 'v')],
        [{ ...record(topic, 'k', 'v'), headers: { h: '\ud800' } }],
        [{ ...record(topic, 'k', 'v'), headers: { h: 1 as unknown as string } }],
        [record('no topic at all', 'k', 'v')],
        count(0, busLimits.recordsPerSend + 1).map((at) => record(topic, 'k', `${at}`)),
      ];
      for (const records of refused) await assert.rejects(bus.send(records), RangeError);
      await bus.send([]);
      await bus.send([large, large, large]);
      const { seen } = listen(t, { topics: [topic] });
      await until(() => seen.length >= 3, 'the largest came');
      assert.deepEqual(
        seen.map(({ value }) => value?.length),
        count(0, 3).map(() => busLimits.recordBytes - 1),
      );
    });

    it('takes as many as may be sent at once, and hands on no more than were asked for', async (t) => {
      const topic = await topicOf(2);
      await bus.send(count(0, busLimits.recordsPerSend).map((at) => record(topic, `${at % 7}`, `${at}`)));
      const batches: number[] = [];
      let seen = 0;
      listen(t, {
        topics: [topic],
        most: 300,
        async handle(records) {
          batches.push(records.length);
          seen += records.length;
        },
      });
      await until(() => seen >= busLimits.recordsPerSend, 'all came');
      assert.equal(seen, busLimits.recordsPerSend);
      assert.ok(Math.max(...batches) <= 300);
      assert.ok(batches.length < 200, `${batches.length} batches`);
    });

    it('declares what is missing, and leaves what is there', async () => {
      const topic = await topicOf(2);
      const other = freshName();
      await bus.declare([
        { name: topic, partitions: 5, retentionMs: 3_600_000 },
        { name: other, partitions: 1, retentionMs: 3_600_000 },
      ]);
      await bus.declare([]);
      await bus.send([record(topic, 'k', 'v'), record(other, 'k', 'v')]);
      await assert.rejects(bus.declare([{ name: 'a b', partitions: 1 }]), RangeError);
      await assert.rejects(bus.declare([{ name: freshName(), partitions: 0 }]), RangeError);
    });

    it('refuses to send to a topic that is not there, and goes on with others', async () => {
      const topic = await topicOf(1);
      const missing = freshName();
      await assert.rejects(
        bus.send([record(missing, 'k', 'v')]),
        (error: Error) => coded('no_such_topic')(error) && error.message.includes(missing),
      );
      await bus.send([record(topic, 'k', 'v')]);
      assert.equal(bus.standing().state, 'up');
    });

    it('waits for topics that are not there, says so, and does not hold up others', async (t) => {
      const topic = await topicOf(1);
      const missing = freshName();
      const { seen, consumer } = listen(t, { topics: [missing, topic] });
      await bus.send([record(topic, 'k', 'there')]);
      await until(() => seen.length === 1, 'the other topic goes on');
      assert.match(await until(() => consumer.problem(), 'it says so'), new RegExp(missing));
      await bus.declare([{ name: missing, partitions: 1 }]);
      await bus.send([record(missing, 'k', 'late')]);
      await until(() => seen.length === 2, 'it goes on where it was missing');
      await until(() => consumer.problem() === undefined, 'nothing is wrong any more');
    });

    it('tells each group all of it, and whoever begins at the end what comes after it has joined', async (t) => {
      const topic = await topicOf(3);
      const keys = count(0, 12).map(String);
      await bus.send(keys.map((key) => record(topic, key, 'early')));
      const [one, other] = [listen(t, { topics: [topic] }), listen(t, { topics: [topic] })];
      const late = listen(t, { topics: [topic], from: 'end' });
      await late.consumer.joined;
      for (const at of count(0, 5)) await bus.send(keys.map((key) => record(topic, key, `${at}`)));
      await until(() => late.seen.length >= 60, 'what came later came');
      for (const { seen } of [one, other]) await until(() => seen.length >= 72, 'all came');
      for (const key of keys) {
        const wanted = count(0, 5).map(String);
        assert.deepEqual(valuesByKey(late.seen).get(key), wanted);
        assert.deepEqual(valuesByKey(one.seen).get(key), ['early', ...wanted]);
      }
    });

    it('goes on where a group was, in whichever member, and from the beginning under another name', async (t) => {
      const topic = await topicOf(2);
      const group = freshName();
      const first = listen(t, { topics: [topic], group });
      await bus.send(count(0, 10).map((at) => record(topic, `${at}`, 'first')));
      await until(() => first.seen.length === 10, 'the first came');
      await first.consumer.stop();
      await bus.send(count(0, 10).map((at) => record(topic, `${at}`, 'second')));
      // A group that has a place keeps it, wherever new ones begin.
      const second = listen(t, { topics: [topic], group, from: 'end' });
      await until(() => second.seen.length >= 10, 'the second came');
      assert.deepEqual(new Set(second.seen.map(({ value }) => text(value))), new Set(['second']));
      assert.equal(first.seen.length, 10);
      const again = listen(t, { topics: [topic] });
      await until(() => again.seen.length === 20, 'all came again');
    });

    it('shares partitions in a group, and hands them over', async (t) => {
      const topic = await topicOf(4);
      const group = freshName();
      const keys = count(0, 40).map(String);
      const round = (value: string) => bus.send(keys.map((key) => record(topic, key, value)));
      const one = listen(t, { topics: [topic], group });
      await one.consumer.joined;
      const other = listen(t, { topics: [topic], group });
      await other.consumer.joined;
      let rounds = 0;
      await until(async () => {
        await round(`${rounds++}`);
        return other.seen.length > 0 && one.seen.length > 0;
      }, 'both work');
      const before = other.seen.length;
      await one.consumer.stop();
      await round('last');
      const lastOf = () => [...one.seen, ...other.seen].filter(({ value }) => text(value) === 'last');
      await until(() => new Set(lastOf().map(({ key }) => text(key))).size === 40, 'one has all');
      assert.ok(other.seen.length > before);
      const all = [...one.seen, ...other.seen].map(({ key, value }) => `${text(key)} ${text(value)}`);
      assert.equal(new Set(all).size, 40 * (rounds + 1), 'none is missing');
    });

    it('hands on again what a handler has thrown at, says so, and passes nothing over', async (t) => {
      const topic = await topicOf(2);
      const met: string[] = [];
      let failures = 2;
      const { consumer } = listen(t, {
        topics: [topic],
        most: 2,
        async handle(records) {
          // kafkajs takes this one for the end of everything.
          if (records.some(({ key }) => text(key) === 'bad') && failures-- > 0)
            throw new TypeError('not yet');
          met.push(...records.map(({ value }) => text(value)));
        },
      });
      await bus.send(count(0, 6).map((at) => record(topic, 'bad', `${at}`)));
      await until(() => consumer.problem()?.includes('not yet'), 'it says so');
      await until(() => met.length >= 6, 'all came');
      assert.deepEqual(met, count(0, 6).map(String));
      assert.equal(consumer.problem(), undefined);
    });

    it('keeps its place while a handler works, and others go on meanwhile', async (t) => {
      const topic = await topicOf(8);
      const gate = Promise.withResolvers<void>();
      const seen: string[] = [];
      const { consumer } = listen(t, {
        topics: [topic],
        most: 1,
        async handle(records) {
          if (records.some(({ key }) => text(key) === 'slow')) await gate.promise;
          seen.push(...records.map(({ key, value }) => `${text(key)}${text(value)}`));
        },
      });
      await bus.send(count(0, 3).map((at) => record(topic, 'slow', `${at}`)));
      await consumer.joined;
      await bus.send(count(0, 30).map((at) => record(topic, `k${at}`, '')));
      await until(() => seen.length >= 10, 'others go on');
      assert.ok(!seen.some((key) => key.startsWith('slow')));
      gate.resolve();
      await until(() => seen.length === 33, 'all came');
      assert.deepEqual(
        seen.filter((key) => key.startsWith('slow')),
        ['slow0', 'slow1', 'slow2'],
      );
    });

    it('tells a handler of the stop, waits for it, and commits what it has done', async (t) => {
      const topic = await topicOf(1);
      const group = freshName();
      await bus.send(count(0, 4).map((at) => record(topic, 'k', `${at}`)));
      const first: string[] = [];
      const begun = Promise.withResolvers<void>();
      const { consumer } = listen(t, {
        topics: [topic],
        group,
        most: 2,
        async handle(records, signal) {
          begun.resolve();
          if (first.length === 0) await new Promise((resolve) => signal.addEventListener('abort', resolve));
          await pause(50);
          first.push(...records.map(({ value }) => text(value)));
        },
      });
      await begun.promise;
      await consumer.stop();
      assert.deepEqual(first, ['0', '1']);
      const { seen } = listen(t, { topics: [topic], group });
      await until(() => seen.length >= 2, 'the rest came');
      assert.deepEqual(
        seen.map(({ value }) => text(value)),
        ['2', '3'],
      );
    });

    it('hands on again what was stopped in the middle', async (t) => {
      const topic = await topicOf(1);
      const group = freshName();
      await bus.send([record(topic, 'k', 'again')]);
      const met = Promise.withResolvers<void>();
      const { consumer } = listen(t, {
        topics: [topic],
        group,
        handle(_, signal) {
          met.resolve();
          return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        },
      });
      await met.promise;
      await consumer.stop();
      const { seen } = listen(t, { topics: [topic], group });
      await until(() => seen.length === 1, 'it came again');
    });

    it('says how it stands, and nothing goes on once it is closed', async () => {
      const own = await open();
      const topic = freshName();
      await own.declare([{ name: topic, partitions: 1 }]);
      const { state, errors, address, lastError } = own.standing();
      assert.deepEqual([state, errors, lastError], ['up', 0, undefined]);
      assert.match(address, /^\w+:/);
      const seen: ReceivedRecord[] = [];
      const handle = async (records: readonly ReceivedRecord[]) => {
        seen.push(...records);
      };
      const consumer = own.consume({ group: freshName(), topics: [topic], handle });
      await own.send([record(topic, 'k', 'v')]);
      await until(() => seen.length === 1, 'it came');
      await own.close();
      await own.close();
      await consumer.stop();
      await assert.rejects(own.send([record(topic, 'k', 'v')]), coded('closed'));
      await assert.rejects(own.declare([]), coded('closed'));
      assert.throws(() => own.consume({ group: 'g', topics: [topic], handle }), coded('closed'));
    });
  });
}
