import type { ICustomPartitioner, Message, Producer } from 'kafkajs';
import type { BusRecord } from '#domain/kernel/ports/bus.ts';
import type { Connecting } from './client.ts';
import { CompressionTypes, Partitioners } from './driver.ts';
import { held } from './held.ts';

const EVERY_REPLICA = -1;
/** So old what a producer knows of topics may be, in milliseconds: one that has more partitions than it had takes what is placed by the old number. */
const METADATA_MS = 10_000;

const messageOf = ({ key, value, headers }: BusRecord): Message => ({ key, value, headers });

/**
 * A producer that topics share, for as long as it is sound.
 *
 * It numbers what it sends, by partition, so that Kafka knows a repeat. The driver takes the numbers back where a send fails, so that
 * another batch of as many records would pass for the repeat and be lost, though acknowledged: behind a failure either the same batch
 * follows, or another producer.
 *
 * Where a send is tried again within the driver, it passes over whichever broker has answered already, also for a partition whose leader that
 * broker has become meanwhile: what belongs there is sent nowhere, and the send succeeds. So it is noted to which partitions records
 * belong, and each of them has to be in the answer.
 */
export function kafkaProducer(options: Connecting) {
  /** By topic, of each of which one batch at a time is sent. */
  const meant = new Map<string, Set<number>>();
  const createPartitioner: ICustomPartitioner = () => {
    const choose = Partitioners.DefaultPartitioner();
    return (args) => {
      const partition = choose(args);
      meant.get(args.topic)?.add(partition);
      return partition;
    };
  };
  const producer = held<Producer>(options, async ({ kafka }) => {
    const made = kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      metadataMaxAge: METADATA_MS,
      createPartitioner,
    });
    await made.connect();
    return made;
  });

  return {
    /** Resolves when every record is on every replica in sync. */
    async send(topic: string, records: readonly BusRecord[], longestMs: number): Promise<void> {
      const partitions = new Set<number>();
      meant.set(topic, partitions);
      const results = await producer
        .use(
          (made) =>
            made.send({
              topic,
              messages: records.map(messageOf),
              acks: EVERY_REPLICA,
              timeout: Math.ceil(longestMs),
              compression: CompressionTypes.GZIP,
            }),
          longestMs,
        )
        .finally(() => meant.delete(topic));
      // Nothing is what it answers with where there is no such partition.
      const refused = results.find(({ errorCode }) => errorCode !== 0);
      if (results.length === 0 || refused !== undefined)
        throw new Error(
          `${topic} took no record: ${refused === undefined ? 'no partition' : `error ${refused.errorCode}`}`,
        );
      const left = partitions.difference(new Set(results.map(({ partition }) => partition)));
      if (left.size > 0)
        throw new Error(`${topic}: partitions ${[...left].join()} were left out while their leaders moved`);
    },
    discard: producer.discard,
    close: producer.close,
  };
}
export type KafkaProducer = ReturnType<typeof kafkaProducer>;
