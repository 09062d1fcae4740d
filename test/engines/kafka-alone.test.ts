import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs, { type Message } from 'kafkajs';
import { BusError } from '#domain/kernel/ports/bus.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { until } from '#test/support/until.ts';
import { coded, freshName, record, text } from '../contracts/bus.suite.ts';
import { closeAll, driverAt, kafkaOptions, opening, reading } from './kafka-given.ts';
import { sharedFor } from './servers.ts';

const warnings: Error[] = [];
process.on('warning', (warning) => warnings.push(warning));

const server = await sharedFor('what Kafka alone does', 'kafka');
after(async () => {
  await closeAll();
  await server?.end();
});
if (server !== undefined) alone(server.url);

/** What this engine alone does. */
function alone(at: string): void {
  describe('bus: kafka alone', { concurrency: true }, () => {
    const admin = driverAt(at).admin();
    before(() => admin.connect());
    after(() => admin.disconnect());

    it('makes topics whose times are the broker’s, and that every client can read', async () => {
      const bus = opening(kafkaOptions(at));
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
      const bus = opening(kafkaOptions(at));
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
      const { seen } = reading(bus, topic);
      await until(() => new Set(seen.map(({ value }) => text(value))).size === 3, 'the others are there');
      await bus.send([record(topic, '0', 'after')]);
      await until(() => seen.some(({ value }) => text(value) === 'after'), 'it goes on');
      await bus.close();
    });

    it('passes over what grows without bounds when it is read, and reads what stands behind it', async () => {
      const bus = opening(kafkaOptions(at));
      const topic = freshName();
      await bus.declare([{ name: topic, partitions: 1 }]);
      const foreign = driverAt(at).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
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
      const { seen, consumer } = reading(bus, topic);
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
      const bus = opening(kafkaOptions(at));
      const [gone, stays] = [freshName(), freshName()];
      await bus.declare([gone, stays].map((name) => ({ name, partitions: 2 })));
      const { seen, consumer } = reading(bus, gone, stays);
      await bus.send([record(gone, 'k', 'v'), record(stays, 'k', 'v')]);
      await until(() => seen.length === 2, 'both came');
      await admin.deleteTopics({ topics: [gone] });
      // A broker takes records for as long as it has not heard of it.
      const sent = () =>
        bus.send([record(gone, 'k', 'v')]).then(
          () => undefined,
          (error: Error) => error,
        );
      const refused = await until(sent, 'it is refused');
      assert.ok(coded('no_such_topic')(refused), String(refused));
      assert.ok(refused.message.startsWith('kafka://') && refused.message.includes(gone), refused.message);
      await bus.send([record(stays, 'k', 'more')]);
      await until(() => seen.some(({ value }) => text(value) === 'more'), 'the other goes on');
      assert.match(await until(() => consumer.problem(), 'it says so'), new RegExp(gone));
      await bus.declare([{ name: gone, partitions: 2 }]);
      await bus.send([record(gone, 'k', 'anew')]);
      await until(() => seen.some(({ value }) => text(value) === 'anew'), 'it is read again');
      await bus.close();
    });

    it('reads all of a topic that was deleted and made again at once, however much was read of the one before', async () => {
      const told: string[] = [];
      const log: Log = { info() {}, warn() {}, error: (_, message) => void told.push(message) };
      const bus = opening(kafkaOptions(at, log));
      const topic = freshName();
      await bus.declare([{ name: topic, partitions: 1 }]);
      const { seen, consumer } = reading(bus, topic);
      await consumer.joined;
      for (let sent = 0; sent < 10; sent += 1) await bus.send([record(topic, 'k', `old-${sent}`)]);
      await until(() => seen.length === 10, 'they came');
      await admin.deleteTopics({ topics: [topic] });
      seen.length = 0;
      const fresh = Array.from({ length: 8 }, (_, index) => `new-${index}`);
      const sends = async (value: string): Promise<true> => {
        // What is deleted may still be named for a moment.
        await bus.declare([{ name: topic, partitions: 1 }]);
        await bus.send([record(topic, 'k', value)]);
        return true;
      };
      for (const value of fresh) {
        await until(() => sends(value).catch(() => false), 'it takes records again');
        await pause(200);
      }
      await until(
        () => new Set(seen.map(({ value }) => text(value))).size === fresh.length,
        'all of it is read',
      );
      assert.match(told.join(), new RegExp(`${topic}/0 .*read from its beginning`));
      await until(() => consumer.problem() === undefined, 'all is well');
      await bus.close();
    });

    it('says once of a topic that it has other partitions than were declared, and goes on', async () => {
      const told: string[] = [];
      const log: Log = { info() {}, warn() {}, error: (_, message) => void told.push(message) };
      const bus = opening(kafkaOptions(at, log));
      const topic = freshName();
      await bus.declare([{ name: topic, partitions: 2 }]);
      await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
      await until(async () => {
        await bus.declare([{ name: topic, partitions: 2 }]);
        return told.length > 0;
      }, 'it is told');
      await bus.declare([{ name: topic, partitions: 2 }]);
      assert.deepEqual(told, [
        `topic ${topic} has 3 partitions, and was to have 2: a key may stand in two of them`,
      ]);
      await bus.send([record(topic, 'k', 'v')]);
      await bus.close();
    });

    it('places records by as many partitions as a topic has that was made anew, as soon as it is looked at', async () => {
      const bus = opening(kafkaOptions(at));
      const topic = freshName();
      const keys = Array.from({ length: 60 }, (_, at) => `key-${at}`);
      const send = () => bus.send(keys.map((key) => record(topic, key, 'v')));
      await bus.declare([{ name: topic, partitions: 2 }]);
      await send();
      await admin.deleteTopics({ topics: [topic] });
      await until(async () => !(await admin.listTopics()).includes(topic), 'it is gone');
      await admin.createTopics({ topics: [{ topic, numPartitions: 7 }], waitForLeaders: false });
      await bus.declare([{ name: topic, partitions: 2 }]);
      await send();
      const choose = kafkajs.Partitioners.DefaultPartitioner();
      const { seen, consumer } = reading(bus, topic);
      await until(() => seen.length >= keys.length, 'all are there');
      const partitionMetadata =
        (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions ?? [];
      assert.equal(partitionMetadata.length, 7);
      for (const { key, partition } of seen) {
        const message = { key: Buffer.from(key ?? ''), value: '' };
        assert.equal(partition, choose({ topic, partitionMetadata, message }), String(message.key));
      }
      await consumer.stop();
      await bus.close();
    });

    it('tells times that senders claim from the broker’s, and says which topic holds them', async () => {
      const bus = opening(kafkaOptions(at));
      const topic = freshName();
      // As a sender's own tools make it.
      await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
      await bus.declare([{ name: topic, partitions: 1 }]);
      const foreign = driverAt(at).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
      await foreign.connect();
      const now = Date.now();
      const times = [now - 5_400_000, now + 3_000_000].map(String);
      for (const timestamp of times)
        await foreign.send({ topic, messages: [{ value: 'claimed', timestamp }] });
      await foreign.disconnect();
      const { seen, consumer } = reading(bus, topic);
      await until(() => seen.length === 2, 'they came');
      assert.deepEqual(
        seen.map(({ timeIsClaimed }) => timeIsClaimed),
        [true, true],
      );
      const [past, future] = seen.map(({ takenAt }) => Date.parse(takenAt));
      assert.equal(past, now - 5_400_000);
      assert.ok(future !== undefined && future <= Date.now(), 'nothing comes from the future');
      assert.match(
        consumer.problem() ?? '',
        new RegExp(`${topic} .*message\\.timestamp\\.type.*LogAppendTime`),
      );
      const type = kafkajs.ConfigResourceTypes.TOPIC;
      const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
      await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: topic, configEntries }] });
      await until(async () => {
        await bus.send([record(topic, 'k', 'taken')]);
        return seen.at(-1)?.timeIsClaimed === undefined && consumer.problem() === undefined;
      }, 'by the broker’s time all is well');
      await bus.close();
    });

    it('begins at the beginning where its place is behind the end of a topic', async () => {
      const told: string[] = [];
      const log: Log = { info() {}, warn() {}, error: (_, message) => void told.push(message) };
      const bus = opening(kafkaOptions(at, log));
      const [topic, group] = [freshName(), freshName()];
      await bus.declare([{ name: topic, partitions: 1 }]);
      await bus.send(['0', '1', '2'].map((value) => record(topic, 'k', value)));
      const partitions = [{ partition: 0, offset: '100' }];
      await admin.setOffsets({ groupId: `${group}.${topic}`, topic, partitions });
      const seen: string[] = [];
      bus.consume({
        ...{ group, topics: [topic] },
        handle: async (records) => void seen.push(...records.map(({ value }) => text(value))),
      });
      await until(() => new Set(seen).size === 3, 'all of it is read');
      assert.match(told.join(), /read from its beginning/);
      await bus.close();
    });

    it('says of nobody there what cannot be reached, and of what tries what is wrong', async () => {
      const bus = opening(kafkaOptions('kafka://127.0.0.1:1'));
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
      const bus = opening(kafkaOptions(at));
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
