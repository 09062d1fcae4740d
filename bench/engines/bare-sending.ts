import { readFileSync } from 'node:fs';
import kafkajs, { type Message, type Producer, type TopicMessages } from 'kafkajs';
import { z } from 'zod';
import { perSecond } from '../measuring.ts';

// What publishing is measured against: kafkajs as it comes, in a process of its own, because ours puts parts of its own in its place.
// `node bare-sending.ts FILE BROKERS` says `ready` and then, whenever it is sent anything, how many records a second it was.

/** What a topic takes at once, as the adapter packs it; nothing is sent in larger pieces. */
const BATCH_BYTES = 900_000;
const EVERY_REPLICA = -1;

const Recorded = z.array(
  z.object({
    topic: z.string(),
    key: z.string(),
    value: z.string(),
    headers: z.record(z.string(), z.string()),
  }),
);
type Recorded = z.output<typeof Recorded>;

/** As many bytes at once as a topic takes, of each topic. */
export function batchesOf(records: Recorded): readonly TopicMessages[][] {
  const byTopic = [...Map.groupBy(records, ({ topic }) => topic)].map(([topic, ofOne]) => {
    const batches: TopicMessages[] = [];
    let messages: Message[] = [];
    let bytes = 0;
    for (const { key, value, headers } of ofOne) {
      const size = Buffer.byteLength(value) + JSON.stringify(headers).length + key.length;
      if (bytes === 0 || bytes + size > BATCH_BYTES) {
        messages = [];
        batches.push({ topic, messages });
        bytes = 0;
      }
      messages.push({ key, value, headers: { ...headers } });
      bytes += size;
    }
    return batches;
  });
  const longest = Math.max(...byTopic.map(({ length }) => length));
  return Array.from({ length: longest }, (_, at) => byTopic.flatMap((batches) => batches[at] ?? []));
}

/** By hand: the records are there as text, and nothing is read, decided, or kept. */
async function send(producer: Producer, batches: readonly TopicMessages[][], count: number): Promise<number> {
  const startedAt = performance.now();
  for (const topicMessages of batches)
    await producer.sendBatch({
      topicMessages,
      acks: EVERY_REPLICA,
      compression: kafkajs.CompressionTypes.GZIP,
    });
  return perSecond(count, startedAt);
}

async function main(file: string, brokers: readonly string[]): Promise<void> {
  const records = Recorded.parse(JSON.parse(readFileSync(file, 'utf8')));
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.ERROR });
  const createPartitioner = kafkajs.Partitioners.DefaultPartitioner;
  const producer = kafka.producer({ idempotent: true, createPartitioner });
  await producer.connect();
  const batches = batchesOf(records);
  process.on('message', async () => process.send?.(await send(producer, batches, records.length)));
  process.on('disconnect', () => void producer.disconnect().finally(() => process.exit(0)));
  process.send?.('ready');
}

const [, , file, brokers] = process.argv;
if (process.send !== undefined && file !== undefined && brokers !== undefined)
  await main(file, brokers.split(','));
