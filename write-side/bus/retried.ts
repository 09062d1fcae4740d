import { z } from 'zod';
import { Actor } from '#domain/kernel/actor.ts';
import { Instant, later } from '#domain/kernel/instant.ts';
import type { BusRecord, ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Sealing } from '#domain/kernel/ports/sealing.ts';
import { CommandEnvelope } from './envelope.ts';
import type { CommandTopics } from './topics.ts';

/** A command that has been read, and who sends it: judged once, and true ever after, unless they are revoked. What a later version adds is passed over. */
export const ReadCommand = CommandEnvelope.omit({ token: true })
  .strip()
  .extend({
    /** undefined: nobody whom we know. */
    actor: Actor.optional(),
    /** They had proven just before that it is they. */
    steppedUp: z.boolean().optional(),
    /** By what their token may be revoked while the command waits. What waits from before does not say it: of the person alone. */
    token: z
      .object({
        id: z.string().optional(),
        session: z.string().optional(),
        issuedAt: Instant.optional(),
        asOf: z.int().min(0).optional(),
        client: z.string().optional(),
        steppedUpBy: z.array(z.string()).readonly().optional(),
      })
      .optional(),
    /** It is decided, and stands in the history: what waits is its reply. */
    recorded: z.literal(true).optional(),
    /** When the bus took it first. */
    takenAt: Instant,
    /** How often it has been handed on. */
    tries: z.int().min(0),
  });
export type ReadCommand = z.output<typeof ReadCommand>;

const Retried = ReadCommand.required({ actor: true }).extend({
  /** By the clock of whoever handed it on, so that a bus whose clock goes wrong neither holds it up nor hurries it. */
  handedOnAt: Instant,
});

/** A command that waits: not before `dueAt`. */
export interface WaitingCommand {
  readonly command: ReadCommand;
  readonly dueAt: Instant;
  /** So long at most, whatever the clocks say, in milliseconds. */
  readonly pauseMs: number;
}

/** Commands on their way through the retry topics: sealed, so that nobody reads or makes one. */
export interface Retries {
  /** The record that hands a command on to the next topic, or to the last one again. */
  record(command: ReadCommand, from: ReceivedRecord): Promise<BusRecord>;
  /** undefined: we have not put it there. */
  read(record: ReceivedRecord): Promise<WaitingCommand | undefined>;
}

export function retries(topics: CommandTopics, sealing: Sealing, clock: Pick<Clock, 'now'>): Retries {
  const pauses = new Map(topics.retries.map(({ name, pauseMs }) => [name, pauseMs] as const));

  /** Keys keep their part of the topic, and tell nothing: they may be anything the sender liked. */
  const keyOf = ({ topic, key }: ReceivedRecord, { idempotencyKey }: ReadCommand): string => {
    if (pauses.has(topic)) return new TextDecoder().decode(key ?? new Uint8Array());
    return sealing.fingerprint(key ?? new TextEncoder().encode(idempotencyKey));
  };

  return {
    async record(command, from) {
      const next = topics.retries[Math.min(command.tries, topics.retries.length - 1)];
      if (next === undefined) throw new TypeError('there is no topic to wait in');
      const handedOn = { ...command, tries: command.tries + 1, handedOnAt: clock.now() };
      return {
        topic: next.name,
        key: keyOf(from, command),
        value: await sealing.seal(JSON.stringify(handedOn)),
        headers: { 'content-type': 'application/jose' },
      };
    },
    async read({ topic, value }) {
      const pauseMs = pauses.get(topic);
      const opened = value && (await sealing.open(value));
      if (pauseMs === undefined || opened === undefined) return undefined;
      const { handedOnAt, ...command } = Retried.parse(JSON.parse(opened));
      return { command, dueAt: later(handedOnAt, pauseMs), pauseMs };
    },
  };
}
