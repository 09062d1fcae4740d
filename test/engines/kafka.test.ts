import { steadyClock } from '#engines/clock/steady.ts';
import { kafkaBus } from '#engines/bus/kafka/bus.ts';
import { busContract } from '../contracts/bus.suite.ts';
import kafkajs from 'kafkajs';
const broker = process.env.KAFKA_BROKER ?? '127.0.0.1:19300';
const log = { info() {}, warn(d: object, m: string) { if (process.env.LOUD) console.error('WARN', m); }, error(d: object, m: string) { console.error('ERROR', m); } };
const options = { brokers: [broker], address: `kafka://${broker}/annals`, prefix: 'annals', tls: false, clock: steadyClock(), log };
const raw = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.ERROR }).producer();
let connected: Promise<void> | undefined;
busContract({ engine: 'kafka', open: async () => kafkaBus(options), async put(topic, { key, value }) {
  await (connected ??= raw.connect());
  await raw.send({ topic, messages: [{ key: key === undefined ? null : Buffer.from(key), value: value === undefined ? null : Buffer.from(value) }] });
}});
import { after } from 'node:test';
after(() => raw.disconnect());
