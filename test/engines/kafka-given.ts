import assert from 'node:assert/strict';
import kafkajs from 'kafkajs';
import { readConfig } from '#config';
import type { Bus, BusConsumer, ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import { type Log, noLog } from '#domain/kernel/ports/log.ts';
import { type KafkaOptions, kafkaBus } from '#engines/bus/kafka/bus.ts';
import { steadyClock } from '#engines/clock/steady.ts';
import { freshName } from '../contracts/bus.suite.ts';

/** As the settings would have it. */
export function kafkaOptions(url: string, log: Log = noLog): KafkaOptions {
  const { bus } = readConfig({ BUS: url });
  assert.ok(bus.engine === 'kafka', `${url} is no Kafka`);
  const { brokers, address, prefix, tls } = bus;
  return { brokers, address, prefix, tls, clock: steadyClock(), log };
}

/** The driver by itself, for what no sender of ours does. */
export const driverAt = (url: string) =>
  new kafkajs.Kafka({ brokers: [...kafkaOptions(url).brokers], logLevel: kafkajs.logLevel.NOTHING });

const opened: Bus[] = [];
/** Closed by `closeAll` behind the last test, whatever becomes of the one that opened it. */
export function opening(options: KafkaOptions): Bus {
  const bus = kafkaBus(options);
  opened.push(bus);
  return bus;
}
export async function closeAll(): Promise<void> {
  for (const bus of opened) await bus.close();
}

/** All that comes. */
export function reading(
  bus: Bus,
  ...topics: readonly string[]
): { readonly seen: ReceivedRecord[]; readonly consumer: BusConsumer } {
  const seen: ReceivedRecord[] = [];
  const handle = async (records: readonly ReceivedRecord[]) => void seen.push(...records);
  return { seen, consumer: bus.consume({ group: freshName(), topics, handle }) };
}
