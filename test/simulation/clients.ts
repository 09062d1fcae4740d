import type { Envelope, Reply } from '#domain/kernel/envelope.ts';
import type { Judgement } from '#test/judge/judge.ts';
import type { Faults } from './faults.ts';
import { actorOf } from './people.ts';
import type { Platform } from './process.ts';
import type { Life, Scheduler } from './scheduler.ts';

/** How long a client waits for an answer, in milliseconds: longer than the platform takes to say `pending`. */
const PATIENCE_MS = 6_000;
const TRIES = 8;
/** What a client takes for "ask again". */
const PASSING: ReadonlySet<string> = new Set(['overloaded', 'unavailable', 'contended']);

export interface Sending {
  readonly who: string;
  readonly id: string;
  readonly command: string;
  readonly data: Envelope['data'];
}

/** People at the platform's door: they ask until they have an answer, under the same id, and what they are told is judged. */
export class Clients {
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #outside: Life;
  readonly #judge: Judgement;
  readonly #platforms: () => readonly Platform[];
  /** Commands that wrote something, and somebody has been told so. */
  readonly #answered = new Set<string>();
  #waiting = 0;

  constructor(options: {
    readonly scheduler: Scheduler;
    readonly faults: Faults;
    readonly outside: Life;
    readonly judge: Judgement;
    /** Those that can be reached. */
    readonly platforms: () => readonly Platform[];
  }) {
    this.#scheduler = options.scheduler;
    this.#faults = options.faults;
    this.#outside = options.outside;
    this.#judge = options.judge;
    this.#platforms = options.platforms;
  }

  /** How many still wait for an answer. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves with the last answer; undefined when there was none in all that time. */
  async send(sending: Sending): Promise<Reply | undefined> {
    this.#waiting += 1;
    try {
      let reply: Reply | undefined;
      for (let tries = 0; tries < TRIES; tries++) {
        if (tries > 0) await this.#pause(50 * 2 ** tries);
        reply = (await this.#ask(sending)) ?? reply;
        if (reply !== undefined && isFinal(reply)) break;
      }
      return reply;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #ask(sending: Sending): Promise<Reply | undefined> {
    const platforms = this.#platforms();
    const platform = platforms[this.#scheduler.below(platforms.length)];
    if (platform === undefined) return undefined;
    const { id, command, data } = sending;
    const actor = actorOf(sending.who);
    const askedAgain = this.#answered.has(`${actor.id} ${id}`);
    const reply = await this.#call(platform, {
      ...{ command, data, commandId: id, actor, steppedUp: true, origin: { channel: 'http' } },
    });
    if (reply === undefined) return undefined;
    this.#scheduler.trace.say(`told ${actor.id} of ${id}: ${reply.outcome} ${codeOf(reply) ?? ''}`);
    if (isFinal(reply) && reply.events.length > 0) this.#answered.add(`${actor.id} ${id}`);
    this.#judge.acknowledged({
      askedAgain,
      ...{
        commandId: id,
        actor: actor.id,
        outcome: reply.outcome,
        code: codeOf(reply),
        position: reply.position,
      },
      events: reply.events.map(({ stream, revision, position, eventId }) => ({
        ...{ stream, revision, position, eventId },
      })),
    });
    return reply;
  }

  #call({ life, pipeline }: Platform, envelope: Envelope): Promise<Reply | undefined> {
    const { promise, resolve } = Promise.withResolvers<Reply | undefined>();
    const { command, actor } = envelope;
    const scheduler = this.#scheduler;
    const giveUp = scheduler.after(this.#outside, PATIENCE_MS, `${actor.id} hears nothing`, () =>
      resolve(undefined),
    );
    scheduler.later(life, `takes ${command} of ${actor.id}`, async () => {
      const reply = await pipeline.dispatch(envelope);
      if (this.#faults.strikes('answer to a client lost')) return;
      scheduler.later(this.#outside, `${actor.id} is answered`, () => {
        giveUp();
        resolve(reply);
      });
    });
    return promise;
  }

  #pause(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#scheduler.after(this.#outside, milliseconds, 'somebody asks again', resolve);
    return promise;
  }
}

const codeOf = (reply: Reply): string | undefined =>
  reply.outcome === 'rejected' ? reply.rejection.code : undefined;

const isFinal = (reply: Reply): boolean =>
  reply.outcome === 'accepted' || (reply.outcome === 'rejected' && !PASSING.has(reply.rejection.code));
