import type { TestContext } from 'node:test';
import type { JWK } from 'jose';
import { z } from 'zod';
import type { Actor } from '#domain/kernel/actor.ts';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import { type Instant, later } from '#domain/kernel/instant.ts';
import type { Bus, ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import type { TokenRole } from '#domain/kernel/ports/tokens.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { afterwards } from '#engines/afterwards.ts';
import { systemClock } from '#engines/clock/system.ts';
import { newIds } from '#engines/ids.ts';
import { joseSealing } from '#engines/sealing.ts';
import { joseIssuer, joseVerifier, newSigningKey } from '#engines/tokens/jose.ts';
import { revocableVerifier, revocationsHere } from '#engines/tokens/revocations.ts';
import { claimAgain, claimTopics } from '#runtime/topic-claim.ts';
import { turns } from '#runtime/turns.ts';
import { type BusCommands, type BusCommandsOptions, busCommands } from '#write-side/bus/consuming.ts';
import { DeadLetter } from '#write-side/bus/dead-letters.ts';
import { commandTopics } from '#write-side/bus/topics.ts';
import { until } from './until.ts';

// Whoever sends commands over the bus and reads what came of them, as any program could that knows the topics.

const HOUR_MS = 3_600_000;

/** The write side behind the bus. */
export interface Behind {
  readonly registry: Registry;
  readonly dispatch: Dispatch;
  readonly epoch: string;
}

const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

/** What is told on a topic, as text. */
export interface Told {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}
const toldBy = ({ key, value, headers }: ReceivedRecord): Told => ({
  ...{ key: textOf(key), value: textOf(value), headers },
});

/** Replies as their receiver reads them. */
const ReplyBody = z.looseObject({
  outcome: z.string().optional(),
  code: z.string().optional(),
  commandId: z.string(),
});
export type ReplyBody = z.output<typeof ReplyBody>;

/** Options of the consumer over a bus, with keys of its own and turns as the platform has them. */
export async function optionsOver(
  bus: Bus,
  { registry, dispatch, epoch }: Behind,
  { prefix, signingKey, clock = systemClock() }: { prefix: string; signingKey: JWK; clock?: Clock },
): Promise<BusCommandsOptions> {
  const newId = newIds({ clock });
  const revocations = revocationsHere(clock);
  const tokens = await joseVerifier({ key: signingKey, issuer: 'annals', audience: 'annals', clock });
  return {
    ...{ bus, registry, dispatch, epoch, clock, log: noLog },
    ...{ tokens: revocableVerifier(tokens, revocations), revocations },
    claim: () => claimTopics({ bus, prefix, epoch, newId, clock }),
    claimAgain: (signal) => claimAgain({ bus, prefix, epoch, newId, clock, signal }),
    topics: commandTopics(prefix),
    replyPrefixes: [`${prefix}.replies.`],
    judgedAt: (takenAt) => takenAt,
    perPerson: turns({ atWork: 8, waiting: 1_000 }, afterwards),
    sealing: joseSealing(new Uint8Array(32).fill(7)),
    newId,
  };
}

/** A program that sends commands, and the topics it may look into. */
export class BusCustomer {
  readonly bus: Bus;
  readonly prefix: string;
  readonly signingKey: JWK;
  readonly replyTo: string;
  readonly #heard = new Map<string, Told[]>();

  private constructor(bus: Bus, prefix: string, signingKey: JWK) {
    this.bus = bus;
    this.prefix = prefix;
    this.signingKey = signingKey;
    this.replyTo = `${prefix}.replies.shop`;
  }

  /** Listens to replies, dead letters and the retry topics from their beginning, until the test has ended. */
  static async open(t: Pick<TestContext, 'after'>, bus: Bus, prefix: string): Promise<BusCustomer> {
    const customer = new BusCustomer(bus, prefix, await newSigningKey());
    const { retries, dead, commands } = commandTopics(prefix);
    const topics = [customer.replyTo, dead, ...retries.map(({ name }) => name)];
    await bus.declare([...topics, commands].map((name) => ({ name, partitions: name === commands ? 3 : 1 })));
    const consumer = bus.consume({
      group: `${prefix}-customer`,
      topics,
      async handle(records) {
        for (const record of records) {
          const told = customer.#heard.get(record.topic) ?? [];
          customer.#heard.set(record.topic, told);
          told.push(toldBy(record));
        }
      },
    });
    t.after(() => consumer.stop());
    await consumer.joined;
    return customer;
  }

  /** Starts what takes commands; it stops when the test has ended. */
  async takenBy(t: Pick<TestContext, 'after'>, behind: Behind): Promise<BusCommands> {
    const { bus, prefix, signingKey } = this;
    const commands = busCommands(await optionsOver(bus, behind, { prefix, signingKey }));
    t.after(() => commands.stop());
    await commands.joined;
    return commands;
  }

  /** A token that was issued then, for an hour. */
  async token(
    id: string,
    roles: readonly TokenRole[] = ['bidder'],
    made: { issuedAt?: Instant; key?: JWK; issuer?: string; audience?: string } = {},
  ): Promise<string> {
    const { issuedAt = systemClock().now(), key = this.signingKey } = made;
    const { issuer = 'annals', audience = 'annals' } = made;
    const clock: Clock = { now: () => issuedAt, at: () => () => undefined };
    const maker = await joseIssuer({ key, issuer, audience, clock });
    return (await maker.issue({ id, roles: [...roles], reputation: 0, steppedUp: true }, HOUR_MS)).token;
  }

  expiredToken = (id: string): Promise<string> =>
    this.token(id, ['bidder'], { issuedAt: later(systemClock().now(), -2 * HOUR_MS) });

  /** Puts a text on the topic of commands. */
  put(value: string, key = 'k', topic = commandTopics(this.prefix).commands): Promise<void> {
    return this.bus.send([{ topic, key, value, headers: {} }]);
  }

  send(envelope: object, key?: string): Promise<void> {
    return this.put(JSON.stringify({ replyTo: this.replyTo, ...envelope }), key);
  }

  told = (topic: string): readonly Told[] => this.#heard.get(topic) ?? [];
  /** All that was ever told on the topics beside those of commands. */
  everything = (): string => JSON.stringify([...this.#heard]);

  replies(idempotencyKey: string): readonly ReplyBody[] {
    const mine = this.told(this.replyTo).filter(({ key }) => key === idempotencyKey);
    return mine.map(({ value }) => ReplyBody.parse(JSON.parse(value)));
  }

  /** The first reply to a command, or a later one. */
  reply(idempotencyKey: string, number = 1): Promise<ReplyBody> {
    return until(() => this.replies(idempotencyKey)[number - 1], `reply ${number} to ${idempotencyKey}`);
  }

  deadLetters(): readonly DeadLetter[] {
    const { dead } = commandTopics(this.prefix);
    return this.told(dead).map(({ value }) => DeadLetter.parse(JSON.parse(value)));
  }

  /** As many dead letters as there have to be by then. */
  async died(count: number): Promise<readonly DeadLetter[]> {
    return until(() => this.deadLetters().length >= count && this.deadLetters(), `${count} dead letters`);
  }
}

/** An actor as the pipeline is told of them. */
export const sender = (id: string): Actor => ({ id, roles: ['bidder'], reputation: 0 });
