import { after } from 'node:test';
import { readConfig } from '#config';
import { kafkaBus } from '#engines/bus/kafka/bus.ts';
import { steadyClock } from '#engines/clock/steady.ts';
import type { BusEngine } from '../contracts/bus.suite.ts';
import { busCommandsContract } from '../contracts/bus-commands.suite.ts';
import { publishingContract } from '../contracts/publishing.suite.ts';
import { ownKafka } from './kafka-server.ts';

// What stands on the bus, on a real Kafka: the one that KAFKA_URL names (in which topics and groups named annals-test-… are made), or one of
// our own where this machine can start it.

const own =
  process.env.KAFKA_URL === undefined
    ? await ownKafka().catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        process.stderr.write(`kafka: publishing and commands were not run: ${why}\n`);
      })
    : undefined;
after(() => own?.end());
const url = process.env.KAFKA_URL ?? (own && `kafka://${own.broker}`);

if (url !== undefined) {
  const { bus } = readConfig({ BUS: url });
  if (bus.engine !== 'kafka') throw new TypeError(`KAFKA_URL: ${url} is no Kafka`);
  const { brokers, address, prefix, tls } = bus;
  const log = { info() {}, warn() {}, error() {} };
  const clock = steadyClock();
  const engine: Pick<BusEngine, 'engine' | 'open'> = {
    engine: 'kafka',
    open: async () => kafkaBus({ brokers, address, prefix, tls, clock, log }),
  };
  publishingContract(engine);
  busCommandsContract(engine);
}
