import type { Message, Producer } from 'kafkajs';
import type { BusRecord } from '#domain/kernel/ports/bus.ts';
import type { Connecting } from './client.ts';
import { CompressionTypes, Partitioners } from './driver.ts';
import { held } from './held.ts';

const EVERY_REPLICA = -1;

const messageOf = ({ key, value, headers }: BusRecord): Message => ({ key, value, headers });

/**
 * The one producer that all topics share, for as long as it is sound.
 *
 * It numbers what it sends, by partition, so that Kafka knows a repeat. The driver takes the numbers back where a send fails, so that
 * another batch of as many records would pass for the repeat and be lost, though acknowledged: behind a failure either the same batch
 * follows, or another producer.
 */
export function kafkaProducer(options: Connecting) {
  const producer = held<Producer>(options, async ({ kafka }) => {
    const made = kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await made.connect();
    return made;
  });

  return {
    /** Resolves when every record is on every replica in sync. */
    async send(topic: string, records: readonly BusRecord[], longestMs: number): Promise<void> {
      const results = await producer.use(
        (made) =>
          made.send({
            topic,
            messages: records.map(messageOf),
            acks: EVERY_REPLICA,
            timeout: Math.ceil(longestMs),
            compression: CompressionTypes.GZIP,
          }),
        longestMs,
      );
      // Nothing is what it answers with where there is no such partition.
      const refused = results.find(({ errorCode }) => errorCode !== 0);
      if (results.length === 0 || refused !== undefined)
        throw new Error(
          `${topic} took no record: ${refused === undefined ? 'no partition' : `error ${refused.errorCode}`}`,
        );
    },
    discard: producer.discard,
    close: producer.close,
  };
}
export type KafkaProducer = ReturnType<typeof kafkaProducer>;
