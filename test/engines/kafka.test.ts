import { after } from 'node:test';
import kafkajs, { type Producer } from 'kafkajs';
import { type BusEngine, busContract } from '../contracts/bus.suite.ts';
import { closeAll, driverAt, kafkaOptions, opening } from './kafka-given.ts';
import { sharedFor } from './servers.ts';

const server = await sharedFor('the contract of the bus on Kafka', 'kafka');
after(async () => {
  await closeAll();
  await server?.end();
});
if (server !== undefined) contract(server.url);

function contract(at: string): void {
  let producer: Producer | undefined;
  after(() => producer?.disconnect());
  const engine: BusEngine = {
    engine: 'kafka',
    open: async () => opening(kafkaOptions(at)),
    async put(topic, { key, value }) {
      if (producer === undefined) {
        producer = driverAt(at).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
        await producer.connect();
      }
      const bytes = (of: Uint8Array | undefined) => (of === undefined ? null : Buffer.from(of));
      await producer.send({ topic, messages: [{ key: bytes(key), value: bytes(value) }] });
    },
  };
  busContract(engine);
}
