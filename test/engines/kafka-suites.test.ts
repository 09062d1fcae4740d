import { after } from 'node:test';
import { kafkaBus } from '#engines/bus/kafka/bus.ts';
import type { BusEngine } from '../contracts/bus.suite.ts';
import { busCommandsContract } from '../contracts/bus-commands.suite.ts';
import { publishingContract } from '../contracts/publishing.suite.ts';
import { toldTopicsContract } from '../contracts/told-topics.suite.ts';
import { driverAt, kafkaOptions } from './kafka-given.ts';
import { sharedFor } from './servers.ts';

// What stands on the bus, on a real Kafka.

const server = await sharedFor('publishing and commands over Kafka', 'kafka');
after(() => server?.end());

if (server !== undefined) {
  const options = kafkaOptions(server.url);
  const engine: Pick<BusEngine, 'engine' | 'open'> = {
    engine: 'kafka',
    open: async () => kafkaBus(options),
  };
  publishingContract(engine);
  busCommandsContract(engine);
  toldTopicsContract(engine, async (topics) => {
    const admin = driverAt(server.url).admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [...topics] });
    await admin.disconnect();
  });
}
