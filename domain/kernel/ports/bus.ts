import type { Instant } from '../instant.ts';
import type { Standing } from './standing.ts';

/** What is sent. Records of one topic and key keep their order. */
export interface BusRecord {
  readonly topic: string;
  readonly key: string;
  /** JSON, usually. */
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What arrives, from whomever: nothing of it has been read. */
export interface ReceivedRecord {
  readonly topic: string;
  readonly partition: number;
  /** Its place in the partition, from 0, not always without gaps. */
  readonly offset: bigint;
  readonly key: Uint8Array | undefined;
  readonly value: Uint8Array | undefined;
  /** As UTF-8; of a name that comes twice the last. */
  readonly headers: Readonly<Record<string, string>>;
  /** When the bus took it, by the clock of the bus. */
  readonly takenAt: Instant;
  /** That is what the sender says, and never later than it was read: whoever has made the topic has it keep senders' times. It proves nothing. */
  readonly timeIsClaimed?: true;
}

export interface Topic {
  /** Whole, as the bus knows it: no engine puts anything before it. */
  readonly name: string;
  /** Into how many parts its keys are divided; once chosen, it stays. */
  readonly partitions: number;
  /** How long a record is kept, in milliseconds; undefined: as the engine does it. */
  readonly retentionMs?: number;
}

export type BusErrorCode =
  /** Nothing was done, or nobody can tell whether it was: what was sent may be sent again, and be there twice. */
  | 'unavailable'
  /** The topic is not there, or not any more. */
  | 'no_such_topic'
  /** One record alone is more than the topic takes. Nothing was done. */
  | 'too_large'
  /** It lets us not in, or not there. */
  | 'refused'
  | 'closed';

/** What the bus says no with; the message names engine and address, and no secret. */
export class BusError extends Error {
  readonly code: BusErrorCode;
  constructor(code: BusErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BusError';
    this.code = code;
  }
}

/** Every bound of the port, with its unit. */
export const busLimits = {
  /** Of one record: key, value and headers. Topics have to take as much. */
  recordBytes: 1_000_000,
  /** Of one send. */
  recordsPerSend: 5_000,
} as const;

export interface BusConsumerOptions {
  /** Whoever consumes under one name shares the partitions. */
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Records of one partition in their order, the next only when these are done; what it resolves for is committed. It may be called
   * again with the same after a crash, after a change of owners, and after it has thrown, after a pause. It takes as long as it needs,
   * minutes too: the adapter keeps its place in the group meanwhile, and other partitions do not wait for it.
   * @param signal aborts when the partition is another's, or the consumer stops
   */
  handle(records: readonly ReceivedRecord[], signal: AbortSignal): Promise<void>;
  /** At most so many records at once. Default 500. */
  readonly most?: number;
  /** Where a group without a place begins; default `beginning`. */
  readonly from?: 'beginning' | 'end';
}

export interface BusConsumer {
  /**
   * Resolves when it has been given partitions of every topic, or found that others have them all; nothing that is sent afterwards
   * is missed where a group begins at the end. And when it is stopped before.
   */
  readonly joined: Promise<void>;
  /** What goes wrong and is tried again; undefined: nothing. */
  problem(): string | undefined;
  /** Ends after what is at work is committed. */
  stop(): Promise<void>;
}

/** Topics with partitions, records by key, groups of consumers: what Kafka is, and what does it in process. */
export interface Bus {
  /** Makes what is missing; what is there stays as it is. @throws BusError */
  declare(topics: readonly Topic[]): Promise<void>;
  /**
   * Resolves when every record stands as durably as the bus can. Where it throws some may stand, and what is sent again may stand twice;
   * the order of a key is kept over that. Sends that overlap may share one, in their order.
   * @throws BusError; RangeError beyond {@link busLimits}
   */
  send(records: readonly BusRecord[]): Promise<void>;
  /** At least once. Never rejects for a bus that is away: it is tried until stopped. */
  consume(options: BusConsumerOptions): BusConsumer;
  standing(): Standing;
  close(): Promise<void>;
}
