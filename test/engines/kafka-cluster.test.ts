import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '#bench/free-port.ts';
import { ownProcess } from '#bench/own-process.ts';
import { until } from '#test/support/until.ts';
import { freshName } from '../contracts/bus.suite.ts';
import { closeAll, driverAt, kafkaOptions, opening, reading } from './kafka-given.ts';
import { numbering, twelve } from './numbering.ts';
import { startedFor } from './servers.ts';

// What only several brokers show: each has every record, and two of the three must have one before it is acknowledged.

const START_MS = 1_200_000;
const nodes = [1, 2, 3] as const;

async function ownCluster() {
  // A controller of each stands 100 above it.
  const port = await freePort([1, 2, 100, 101, 102]);
  const data = await mkdtemp(join(tmpdir(), 'annals-kafka-'));
  const server = await ownProcess({
    ...{ script: 'kafka.sh', data, startMs: START_MS },
    pidFiles: nodes.map((node) => join(`node-${node}`, 'pid')),
    environment: {
      KAFKA_PORT: `${port}`,
      KAFKA_NODES: `${nodes.length}`,
      KAFKA_DATA: data,
      KAFKA_WAIT_S: '180',
    },
  });
  const brokers = nodes.map((node) => `127.0.0.1:${port + node - 1}`);
  return { ...server, url: `kafka://${brokers.join()}` };
}
type Cluster = Awaited<ReturnType<typeof ownCluster>>;

const own = await startedFor('a Kafka of several brokers', 'kafka', ownCluster);
after(async () => {
  await closeAll();
  await own?.end();
});
if (own !== undefined) several(own);

/** The broker that leads the first part of a topic. */
async function leaderOf(url: string, topic: string): Promise<number> {
  const admin = driverAt(url).admin();
  await admin.connect();
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const [first] = topics[0]?.partitions ?? [];
    assert.deepEqual([...(first?.replicas ?? [])].sort(), [...nodes], 'every broker has it');
    return first?.leader ?? assert.fail('nobody leads');
  } finally {
    await admin.disconnect();
  }
}

function several(cluster: Cluster): void {
  describe('bus: kafka of several brokers', () => {
    it('loses nothing that stands and keeps the order of keys while leaders are killed, and stopped one after the other', async () => {
      const bus = opening(kafkaOptions(cluster.url));
      const topic = freshName();
      await bus.declare([{ name: topic, partitions: 6 }]);
      const { seen, consumer } = reading(bus, topic);
      await consumer.joined;
      const numbers = numbering(bus, topic, twelve);
      const goesOn = async (why: string): Promise<void> => {
        const before = numbers.least();
        await until(() => numbers.least() > before + 10, why);
      };
      await goesOn('it goes');
      const leader = String(await leaderOf(cluster.url, topic));
      await cluster.tell('kill', leader);
      await goesOn('two of three are enough');
      await cluster.tell('start', leader);
      // As whoever puts a newer version in does it.
      for (const node of nodes) {
        await cluster.tell('stop', `${node}`);
        await goesOn(`it goes on without ${node}`);
        await cluster.tell('start', `${node}`);
        await pause(1_000);
      }
      await goesOn('with all of them');
      await numbers.stop();
      await numbers.checkRead(seen, () => consumer.problem());
      await until(() => bus.standing().state === 'up' && consumer.problem() === undefined, 'all is well');
      await bus.close();
    });
  });
}
