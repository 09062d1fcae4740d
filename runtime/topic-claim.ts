import { z } from 'zod';
import { type Bus, BusError, type ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';
import { every, pause, type TryingOptions, untilItWorks } from './pause.ts';

/** What one record of the topic says: which history has come, and a name for what it begins here. */
const Claim = z.object({ history: z.string(), id: z.string().min(1).max(64) });

/** The key of all claims. */
const CLAIM = 'claim';
/** Above what any reader goes back, in milliseconds: it is kept as long as the topics are. */
const FOR_EVER_MS = Number.MAX_SAFE_INTEGER;
/** For its first record, in milliseconds: a group is made to read it, and a broker lets a new one wait for others to come. */
const READ_MS = 20_000;

export interface ClaimOptions {
  readonly bus: Pick<Bus, 'declare' | 'send' | 'consume'>;
  /** What the names of topics begin with. */
  readonly prefix: string;
  /** Of the history that wants them. */
  readonly epoch: string;
  readonly newId: NewId;
  /** The machine's. */
  readonly clock: Clock;
  readonly readMs?: number;
  /** Whoever asks has stopped. */
  readonly signal?: AbortSignal;
}

/** The topic that tells of which history the topics of a prefix are. */
export const claimTopicOf = (prefix: string): string => `${prefix}.history`;

/** The first record of a topic that has one. @throws BusError `unavailable` after the time */
async function firstOf(
  { bus, clock, signal, readMs = READ_MS }: ClaimOptions,
  topic: string,
  group: string,
): Promise<ReceivedRecord> {
  const found = Promise.withResolvers<ReceivedRecord>();
  const consumer = bus.consume({
    ...{ group, topics: [topic], most: 1 },
    async handle([record], signal) {
      if (record !== undefined) found.resolve(record);
      // Never done, so that nothing is committed: of a group without a place a broker keeps nothing.
      await new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        if (signal.aborted) reject(signal.reason);
      });
    },
  });
  const late = new AbortController();
  const over = AbortSignal.any([late.signal, ...(signal === undefined ? [] : [signal])]);
  const none = pause(clock, readMs, over).then(() => undefined);
  try {
    const record = await Promise.race([found.promise, none]);
    if (record !== undefined) return record;
    throw new BusError(
      'unavailable',
      consumer.problem() ?? `${topic} was not read within ${readMs / 1_000} s`,
    );
  } finally {
    late.abort();
    await consumer.stop();
  }
}

function claimIn({ value }: ReceivedRecord): z.output<typeof Claim> | undefined {
  try {
    return Claim.safeParse(JSON.parse(new TextDecoder().decode(value))).data;
  } catch {
    return undefined;
  }
}

/**
 * Topics of one prefix tell of one history, and take commands for it: of two that share them each would decide what was meant for the
 * other. Who comes first is the one whose they are. Whoever comes puts itself down behind the others, and reads who was first.
 *
 * @returns what the first has named its beginning: another one where the topics are others by the same names, on another bus or made anew
 * @throws BusError: `refused` where they are another history's
 */
export async function claimTopics(options: ClaimOptions): Promise<string> {
  const { bus, prefix, epoch, newId } = options;
  const topic = claimTopicOf(prefix);
  const id = newId();
  await bus.declare([{ name: topic, partitions: 1, retentionMs: FOR_EVER_MS }]);
  // Under one key, so that they stand in one order also where somebody has made the topic in several parts.
  await bus.send([{ topic, key: CLAIM, value: JSON.stringify({ history: epoch, id }), headers: {} }]);
  const first = claimIn(await firstOf(options, topic, `${topic}.${id}`));
  if (first?.history === epoch) return first.id;
  const theirs = first === undefined ? 'begins with what is no claim' : `names history ${first.history}`;
  throw new BusError(
    'refused',
    `the topics ${prefix}.… are not of this history (${epoch}): ${topic} ${theirs}. Name another prefix in BUS, or delete that topic where this history is to go on in them`,
  );
}

/**
 * Asked again at a steady pace: whoever deletes topics and makes them at once is noticed by no send. Nothing is written where the claim
 * stands.
 *
 * @returns as {@link claimTopics}, which does it where the first record is not ours any more, or none @throws as that
 */
export async function claimAgain(options: ClaimOptions): Promise<string> {
  const topic = claimTopicOf(options.prefix);
  const first = await firstOf(options, topic, `${topic}.${options.newId()}`).catch((error: unknown) => {
    if (error instanceof BusError) return undefined;
    throw error;
  });
  const found = first && claimIn(first);
  if (found?.history === options.epoch) return found.id;
  options.signal?.throwIfAborted();
  return claimTopics(options);
}

/** Pauses between two tries to have the topics, in milliseconds. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Has the topics as soon as the bus is there and they are ours: tries until it works.
 *
 * @param have claims and makes them
 * @returns undefined where it is stopped before
 */
export const whenHad = <T>(
  have: () => Promise<T>,
  options: Omit<TryingOptions, 'firstMs' | 'longestMs'>,
): Promise<T | undefined> =>
  untilItWorks(have, { ...options, firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS });

/** Between two looks, in milliseconds. */
const LOOK_MS = 60_000;

export interface ClaimWatch {
  readonly clock: Clock;
  /** Default a minute. */
  readonly lookMs?: number | undefined;
  /** Whether the claim stands. @throws BusError */
  stands(): Promise<boolean>;
  /** It does not: others have these topics, or they are others. Of a bus that is away whoever uses it is told. */
  lost(refused?: BusError): void;
}

/** Looks at a steady pace, one look at a time, until the result is called. */
export function watchClaim({ clock, lookMs = LOOK_MS, stands, lost }: ClaimWatch): () => void {
  let looking = false;
  async function look(): Promise<void> {
    if (looking) return;
    looking = true;
    try {
      if (!(await stands())) lost();
    } catch (error) {
      if (error instanceof BusError && error.code === 'refused') lost(error);
    } finally {
      looking = false;
    }
  }
  return every(clock, lookMs, () => void look());
}
