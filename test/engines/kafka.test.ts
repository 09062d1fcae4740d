import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs, { type Message, type Producer } from 'kafkajs';
import { readConfig } from '#config';
import { type Bus, BusError, type ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { type KafkaOptions, kafkaBus } from '#engines/bus/kafka/bus.ts';
import { steadyClock } from '#engines/clock/steady.ts';
import { until } from '#test/support/until.ts';
import {
  type BusEngine,
  busContract,
  coded,
  freshName,
  record,
  text,
  valuesByKey,
} from '../contracts/bus.suite.ts';
import { KNOWN, type OwnKafka, ownKafka } from './kafka-server.ts';

// Against a real Kafka: the one that KAFKA_URL names (kafka://host:port, in which topics and groups named annals-test-… are made), or one
// of our own where this machine can start it.

const given = process.env.KAFKA_URL;
function notRun(suites: string, reason: unknown): void {
  const why = reason instanceof Error ? reason.message : String(reason);
  process.stderr.write(`kafka: ${suites} not run: ${why}\n`);
}

let own: OwnKafka | undefined;
if (given === undefined)
  await ownKafka().then(
    (server) => (own = server),
    (error) => notRun('the contract and all else were', error),
  );
const url = given ?? (own && `kafka://${own.broker}`);

const complaints: string[] = [];
const log: Log = {
  info() {},
  warn: (_, message) => void complaints.push(message),
  error: (_, message) => void complaints.push(message),
};
const warnings: Error[] = [];
process.on('warning', (warning) => warnings.push(warning));

function optionsFor(from: string): KafkaOptions {
  const { bus } = readConfig({ BUS: from });
  assert.ok(bus.engine === 'kafka');
  const { brokers, address, prefix, tls } = bus;
  return { brokers, address, prefix, tls, clock: steadyClock(), log };
}

/** The driver by itself, for what no sender of ours does. */
const driver = (at: string) =>
  new kafkajs.Kafka({ brokers: [...optionsFor(at).brokers], logLevel: kafkajs.logLevel.NOTHING });

const opened: Bus[] = [];
/** Closed behind the last test, whatever becomes of the one that opened it. */
function opening(options: KafkaOptions): Bus {
  const bus = kafkaBus(options);
  opened.push(bus);
  return bus;
}

if (url !== undefined) contract(url);
if (url !== undefined) alone(url);
if (own !== undefined) failures(own);
else if (given !== undefined)
  notRun('what a broker of its own is killed and paused for was', 'KAFKA_URL is set');
after(async () => {
  for (const bus of opened) await bus.close();
  await own?.end();
});

function contract(at: string): void {
  let producer: Producer | undefined;
  after(() => producer?.disconnect());
  const engine: BusEngine = {
    engine: 'kafka',
    open: async () => opening(optionsFor(at)),
    async put(topic, { key, value }) {
      if (producer === undefined) {
        producer = driver(at).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
        await producer.connect();
      }
      const bytes = (of: Uint8Array | undefined) => (of === undefined ? null : Buffer.from(of));
      await producer.send({ topic, messages: [{ key: bytes(key), value: bytes(value) }] });
    },
  };
  busContract(engine);
}

/** What this engine alone does. */
function alone(at: string): void {
  describe('bus: kafka alone', { concurrency: true }, () => {
    const admin = driver(at).admin();
    before(() => admin.connect());
    after(() => admin.disconnect());

    it('makes topics whose times are the broker’s, and that every client can read', async () => {
      const bus = opening(optionsFor(at));
      const topic = freshName();
      await bus.declare([{ name: topic, partitions: 3, retentionMs: 7_200_000 }]);
      const type = kafkajs.ConfigResourceTypes.TOPIC;
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type, name: topic }],
      });
      const config = new Map(
        resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]),
      );
      assert.equal(config.get('message.timestamp.type'), 'LogAppendTime');
      assert.equal(config.get('compression.type'), 'gzip');
      assert.equal(config.get('retention.ms'), '7200000');
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      assert.equal(topics[0]?.partitions.length, 3);
    });

    it('says which record is larger than the topic takes, and sends those around it', async () => {
      const bus = opening(optionsFor(at));
      const topic = freshName();
      const configEntries = [{ name: 'max.message.bytes', value: '2000' }];
      await admin.createTopics({ topics: [{ topic, numPartitions: 2, configEntries }] });
      // What gzip cannot make smaller.
      const noise = Array.from({ length: 4_000 }, () => String.fromCharCode(33 + Math.random() * 90)).join(
        '',
      );
      const sizes = ['small', noise, 'other', 'last'];
      const sent = sizes.map((value, at) => bus.send([record(topic, `${at % 2}`, value)]));
      const outcomes = await Promise.allSettled(sent);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
      );
      const [, large] = outcomes;
      assert.ok(large?.status === 'rejected' && coded('too_large')(large.reason));
      assert.match(large.reason.message, new RegExp(`^kafka://\\S+: sending to ${topic}: `));
      const { state, lastError } = bus.standing();
      assert.equal(state, 'up');
      assert.match(lastError?.message ?? '', /^kafka:/);
      const seen: ReceivedRecord[] = [];
      bus.consume({
        group: freshName(),
        topics: [topic],
        handle: async (records) => void seen.push(...records),
      });
      await until(() => new Set(seen.map(({ value }) => text(value))).size === 3, 'the others are there');
      await bus.send([record(topic, '0', 'after')]);
      await until(() => seen.some(({ value }) => text(value) === 'after'), 'it goes on');
      await bus.close();
    });

    it('passes over what grows without bounds when it is read, and reads what stands behind it', async () => {
      const bus = opening(optionsFor(at));
      const topic = freshName();
      await bus.declare([{ name: topic, partitions: 1 }]);
      const foreign = driver(at).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
      await foreign.connect();
      const put = async (messages: readonly Message[]) => {
        const compression = kafkajs.CompressionTypes.GZIP;
        await foreign.send({ topic, compression, messages: [...messages] });
      };
      const names = Array.from({ length: 2_000 }, (_, index) => [`h${index}`, 'x'] as const);
      // Less than a megabyte on its way.
      await put([{ key: 'a', value: Buffer.alloc(64_000_000) }]);
      await put([{ key: 'b', value: 'many', headers: Object.fromEntries(names) }]);
      await put([{ key: 'c', value: 'last' }]);
      await foreign.disconnect();
      const seen: ReceivedRecord[] = [];
      const handle = async (records: readonly ReceivedRecord[]) => void seen.push(...records);
      const consumer = bus.consume({ group: freshName(), topics: [topic], handle });
      await until(() => seen.length >= 3, 'what stands behind it');
      assert.deepEqual(
        seen.map(({ offset, value, headers }) => [offset, value && text(value), Object.keys(headers).length]),
        [
          [0n, undefined, 0],
          [1n, 'many', 64],
          [2n, 'last', 0],
        ],
      );
      assert.equal(consumer.problem(), undefined);
      await bus.close();
    });

    it('knows a topic that was deleted, and goes on with others, in sending and in reading', async () => {
      const bus = opening(optionsFor(at));
      const [gone, stays] = [freshName(), freshName()];
      await bus.declare([gone, stays].map((name) => ({ name, partitions: 2 })));
      const seen: ReceivedRecord[] = [];
      const handle = async (records: readonly ReceivedRecord[]) => void seen.push(...records);
      const consumer = bus.consume({ group: freshName(), topics: [gone, stays], handle });
      await bus.send([record(gone, 'k', 'v'), record(stays, 'k', 'v')]);
      await until(() => seen.length === 2, 'both came');
      await admin.deleteTopics({ topics: [gone] });
      await assert.rejects(bus.send([record(gone, 'k', 'v')]), (error: Error) => {
        assert.ok(coded('no_such_topic')(error), String(error));
        return error.message.startsWith('kafka://') && error.message.includes(gone);
      });
      await bus.send([record(stays, 'k', 'more')]);
      await until(() => seen.length === 3, 'the other goes on');
      assert.match(await until(() => consumer.problem(), 'it says so'), new RegExp(gone));
      await bus.declare([{ name: gone, partitions: 2 }]);
      await bus.send([record(gone, 'k', 'anew')]);
      await until(() => seen.some(({ value }) => text(value) === 'anew'), 'it is read again');
      await bus.close();
    });

    it('says of nobody there what cannot be reached, and of what tries what is wrong', async () => {
      const bus = opening(optionsFor('kafka://127.0.0.1:1'));
      const refused = await bus.send([record('t', 'k', 'v')]).catch((error: unknown) => error);
      assert.ok(refused instanceof BusError && refused.code === 'unavailable');
      assert.match(refused.message, /^kafka:\/\/127\.0\.0\.1:1\/annals: .*ECONNREFUSED/);
      const consumer = bus.consume({ group: 'g', topics: ['t'], handle: async () => {} });
      assert.match(await until(() => consumer.problem(), 'it says so'), /ECONNREFUSED/);
      const { state, lastError } = bus.standing();
      assert.equal(state, 'down');
      assert.match(lastError?.message ?? '', /ECONNREFUSED/);
      await bus.close();
      await consumer.joined;
    });

    it('does nothing where nothing is to be done: no timer spins, and nobody is warned', async () => {
      const bus = opening(optionsFor(at));
      const topic = freshName();
      await bus.declare([{ name: topic, partitions: 1 }]);
      await bus.send([record(topic, 'k', 'v')]);
      await pause(200);
      assert.deepEqual(
        warnings.map(({ name }) => name).filter((name) => name === 'TimeoutNegativeWarning'),
        [],
      );
      await bus.close();
    });
  });
}

/** Kafka's number of what a producer asks; it stands behind the length of the request. */
const PRODUCE = 0;
const isProduce = (request: Buffer): boolean => request.length >= 6 && request.readInt16BE(4) === PRODUCE;

/** Hands on what is asked, and cuts off some of those who have sent records before they hear what came of it. */
async function cuttingProxy({ port, behind }: OwnKafka['proxy'], cuts: () => boolean) {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const broker = connect(behind, '127.0.0.1');
    const cut = () => [client, broker].map((socket) => socket.destroy());
    for (const socket of [client, broker]) {
      sockets.add(socket);
      socket.on('error', cut).on('close', cut);
    }
    let sending = false;
    client.on('data', (request: Buffer) => {
      sending = isProduce(request);
      broker.write(request);
    });
    broker.on('data', (answer) => (sending && cuts() ? cut() : client.write(answer)));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    end(): void {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Sends under each key numbers from 0 on, one behind the other, until it is told to stop. What is refused is sent again, or left out. */
function numbering(bus: Bus, topic: string, keys: readonly string[], again = true) {
  const stands = new Map(keys.map((key): [string, number[]] => [key, []]));
  let stopped = false;
  async function stood(key: string, value: number): Promise<boolean> {
    const refused = await bus.send([record(topic, key, `${value}`)]).catch((error: unknown) => error);
    assert.ok(refused === undefined || coded('unavailable')(refused), String(refused));
    if (refused === undefined) stands.get(key)?.push(value);
    return refused === undefined;
  }
  async function sender(key: string): Promise<void> {
    for (let at = 0; !stopped; at += 1) while (!(await stood(key, at)) && again);
  }
  const all = Promise.all(keys.map(sender));
  return {
    least: () => Math.min(...[...stands.values()].map((values) => values.at(-1) ?? -1)),
    async stop(): Promise<void> {
      stopped = true;
      await all;
    },
    /** Repeats are allowed; that one is missing that stood, or comes before one that was sent before it, is not. */
    async checkRead(seen: readonly ReceivedRecord[]): Promise<void> {
      const read = (key: string) => [...new Set(valuesByKey(seen).get(key)?.map(Number))];
      const missing = () =>
        keys.flatMap((key) => stands.get(key)?.filter((value) => !read(key).includes(value)));
      await until(() => missing().length === 0, 'all that stood was read').catch(() => undefined);
      assert.deepEqual(missing(), []);
      for (const key of keys)
        assert.deepEqual(
          read(key),
          read(key).toSorted((a, b) => a - b),
        );
    },
  };
}
const twelve = Array.from({ length: 12 }, (_, at) => `key-${at}`);

/** All that comes. */
function reading(bus: Bus, topic: string) {
  const seen: ReceivedRecord[] = [];
  const handle = async (records: readonly ReceivedRecord[]) => void seen.push(...records);
  return { seen, consumer: bus.consume({ group: freshName(), topics: [topic], handle }) };
}

/** What only a broker of our own can be made to do, in the order in which it bears it. */
function failures(server: OwnKafka): void {
  describe('bus: kafka that fails', () => {
    it('lets in by a password, and says of a wrong one no more than that', async () => {
      const at = optionsFor(`kafka://${server.byPassword}`);
      const bus = opening({ ...at, credentials: KNOWN });
      const topic = freshName();
      await bus.declare([{ name: topic, partitions: 1 }]);
      await bus.send([record(topic, 'k', 'v')]);
      const wrong = opening({ ...at, credentials: { ...KNOWN, password: 'quite-another-one' } });
      const refused = await wrong.send([record(topic, 'k', 'v')]).catch((error: unknown) => error);
      assert.ok(refused instanceof BusError && refused.code === 'refused', String(refused));
      assert.ok(
        refused.message.startsWith(`${at.address}: `) && /authentication failed/i.test(refused.message),
      );
      const { consumer } = reading(wrong, topic);
      const problem = await until(() => consumer.problem(), 'it says so');
      const { state, lastError } = wrong.standing();
      assert.equal(state, 'down');
      const told = [refused.message, problem, lastError?.message, ...complaints].join();
      assert.doesNotMatch(told, /quite-another-one|only-for-this-test/);
      await Promise.all([bus.close(), wrong.close()]);
    });

    it('loses nothing that stands where answers are lost, whatever is sent behind it', async (t) => {
      let [answers, cutting] = [0, false];
      // Nine in a row, so that the driver gives a batch up, then five that arrive.
      const proxy = await cuttingProxy(server.proxy, () => cutting && answers++ % 14 < 9);
      t.after(proxy.end);
      const bus = opening(optionsFor(`kafka://127.0.0.1:${server.proxy.port}`));
      const topic = freshName();
      await bus.declare([{ name: topic, partitions: 1 }]);
      cutting = true;
      const numbers = numbering(bus, topic, twelve, false);
      await until(() => numbers.least() > 6, 'it goes on');
      cutting = false;
      await numbers.stop();
      await numbers.checkRead(reading(bus, topic).seen);
      await bus.close();
    });

    it('loses nothing that stands and keeps the order of keys while the broker is killed and comes back', async () => {
      const bus = opening(optionsFor(`kafka://${server.broker}`));
      const topic = freshName();
      await bus.declare([{ name: topic, partitions: 4 }]);
      const { seen, consumer } = reading(bus, topic);
      await consumer.joined;
      const numbers = numbering(bus, topic, twelve);
      await until(() => numbers.least() > 20, 'it goes');
      server.signal('SIGKILL');
      await pause(300);
      await server.start();
      const before = numbers.least();
      await until(() => numbers.least() > before + 20, 'it goes on');
      await numbers.stop();
      await numbers.checkRead(seen);
      assert.equal(bus.standing().state, 'up');
      await until(() => consumer.problem() === undefined, 'all is well');
      await bus.close();
    });

    it('says within a bounded time that a broker hangs, and works when it goes on', async () => {
      const bus = opening(optionsFor(`kafka://${server.broker}`));
      const topic = freshName();
      await bus.declare([{ name: topic, partitions: 1 }]);
      const { seen, consumer } = reading(bus, topic);
      await bus.send([record(topic, 'k', '0')]);
      await until(() => seen.length === 1, 'it came');
      server.signal('SIGSTOP');
      const began = performance.now();
      const sent = ['1', '2'].map((value) => bus.send([record(topic, 'k', value)]));
      const outcomes = await Promise.allSettled(sent);
      const tookMs = performance.now() - began;
      for (const outcome of outcomes)
        assert.ok(outcome.status === 'rejected' && coded('unavailable')(outcome.reason));
      assert.ok(tookMs < 15_000, `${tookMs} ms`);
      assert.equal(bus.standing().state, 'down');
      assert.match(await until(() => consumer.problem(), 'the consumer says so'), /^kafka:/);
      server.signal('SIGCONT');
      for (const value of ['1', '2', '3']) await bus.send([record(topic, 'k', value)]);
      assert.equal(bus.standing().state, 'up');
      await until(() => seen.some(({ value }) => text(value) === '3'), 'it goes on');
      assert.deepEqual([...new Set(seen.map(({ value }) => text(value)))], ['0', '1', '2', '3']);
      await until(() => consumer.problem() === undefined, 'all is well');
      await bus.close();
    });
  });
}
