import { type Bus, BusError, type BusRecord, busLimits } from '#domain/kernel/ports/bus.ts';
import type { Handled, Handler } from '#domain/kernel/ports/consumer.ts';
import { asError } from '#runtime/reason.ts';
import { type Leaving, type LeavingEvent, leavingEvent, type Publishing, recordOf } from './cloud-event.ts';
import { topicsOf } from './topics.ts';

/** Its name, with which that begins under which its checkpoints are kept. */
export const PUBLISHER = 'publisher';
/** Into how many parts the streams are divided among the processes that publish; once chosen, it stays. */
const PARTITIONS = 8;
/** Events at once: a send costs by the time it takes to be acknowledged, and full batches compress best. */
const EVENTS_AT_ONCE = 2_000;
/** Of one send, in bytes: the bus makes whole batches of it, without waiting for us between them. */
const SEND_BYTES = 4 * busLimits.recordBytes;

export interface PublisherOptions extends Publishing {
  readonly bus: Pick<Bus, 'declare' | 'send'>;
  /** What the topics are known by that are told: how far it is stands by them. Undefined: the one set of topics there is. */
  readonly place?: string | undefined;
  /** Where the topics are there already: called when one is gone. @throws what ends the batch */
  readonly declareAgain?: () => Promise<void>;
}

/** As Kafka counts them; a few bytes of a record's frame are spared nobody. */
export const bytesOf = ({ key, value, headers }: BusRecord): number =>
  Object.entries(headers).reduce(
    (sum, [name, text]) => sum + Buffer.byteLength(name) + Buffer.byteLength(text),
    Buffer.byteLength(key) + Buffer.byteLength(value),
  );

/** A record, and its size as Kafka counts it. */
interface Weighed {
  readonly record: BusRecord;
  readonly bytes: number;
}

/** No event is so large: what the store takes is a quarter of it. @throws RangeError */
export function weighed(record: BusRecord): Weighed {
  const bytes = bytesOf(record);
  if (bytes > busLimits.recordBytes)
    throw new RangeError(`a record of ${bytes} bytes is more than a topic takes`);
  return { record, bytes };
}

/** The records in their order, in pieces each of which is one send. */
export function inSends(records: readonly Weighed[]): readonly (readonly BusRecord[])[] {
  const sends: BusRecord[][] = [];
  let total = 0;
  for (const { record, bytes } of records) {
    const last = sends.at(-1);
    if (last === undefined || last.length === busLimits.recordsPerSend || total + bytes > SEND_BYTES) {
      sends.push([record]);
      total = bytes;
    } else {
      last.push(record);
      total += bytes;
    }
  }
  return sends;
}

/**
 * Tells the topics of every event that leaves, in the order of its stream: at least once, since what was sent before its checkpoint was
 * committed is sent again. It follows everything that is recorded, also what it does not tell of: one that looked for the types it knows
 * would pass over those of a newer version, and nobody would ever be told of them.
 */
export function publisher(options: PublisherOptions): Handler<Leaving> {
  const { bus, registry, prefix, place, declareAgain } = options;
  const makeTopics = declareAgain ?? (() => bus.declare(topicsOf(registry, prefix)));
  let declared: Promise<void> | undefined = declareAgain && Promise.resolve();

  /** Once, and again where a topic is gone or it came to nothing. */
  async function declare(): Promise<void> {
    declared ??= makeTopics();
    try {
      await declared;
    } catch (error) {
      declared = undefined;
      throw error;
    }
  }

  async function send(records: readonly Weighed[], signal: AbortSignal): Promise<void> {
    for (const piece of inSends(records)) {
      // What follows would come behind what another owner has sent meanwhile, and nothing of this is committed any more.
      signal.throwIfAborted();
      await bus.send(piece);
    }
  }

  return {
    name: place === undefined ? PUBLISHER : `${PUBLISHER}:${place}`,
    filter: {},
    partitions: PARTITIONS,
    most: EVENTS_AT_ONCE,
    read: (stored) => leavingEvent(registry, stored),
    key: ({ stream }) => stream,
    keyOfStream: (stream) => stream,
    async handle(events, signal): Promise<Handled> {
      const { records, failures } = recordsOf(options, events);
      if (records.length > 0) {
        await declare();
        try {
          await send(records, signal);
        } catch (error) {
          if (error instanceof BusError && error.code === 'no_such_topic') declared = undefined;
          throw error;
        }
      }
      return { writes: [], failures };
    },
  };
}

/** A stream with an event that cannot be told waits from that event on; the others go on. */
function recordsOf(
  publishing: Publishing,
  events: readonly LeavingEvent[],
): { readonly records: readonly Weighed[]; readonly failures: Handled['failures'] } {
  const records: Weighed[] = [];
  const failures = new Map<string, Handled['failures'][number]>();
  for (const event of events) {
    if (failures.has(event.stream)) continue;
    try {
      const record = recordOf(publishing, event);
      if (record !== undefined) records.push(weighed(record));
    } catch (error) {
      failures.set(event.stream, { key: event.stream, event, error: asError(error) });
    }
  }
  return { records, failures: [...failures.values()] };
}
