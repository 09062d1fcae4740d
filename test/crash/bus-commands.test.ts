import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { Bus, BusConsumerOptions } from '#domain/kernel/ports/bus.ts';
import { Unavailable } from '#domain/kernel/rejections.ts';
import { memoryBus } from '#engines/bus/memory/bus.ts';
import { systemClock } from '#engines/clock/system.ts';
import { type Behind, BusCustomer, optionsOver } from '#test/support/bus-commands.ts';
import { givenPlatform, inTime } from '#test/support/platform.ts';
import { tallies, tallyDeciders } from '#test/support/tally.ts';
import { until } from '#test/support/until.ts';
import { busCommands } from '#write-side/bus/consuming.ts';

// A process that takes commands from the bus is killed before and behind every single thing it does for them, one after the
// other, until one lives through all of it.

/** One process's life: it ends at its step of this number, and whatever it still does has no effect. */
class Life {
  readonly #last: number;
  steps = 0;
  readonly #killed = Promise.withResolvers<void>();
  constructor(last: number) {
    this.#last = last;
  }
  get killed(): boolean {
    return this.steps >= this.#last;
  }
  readonly dead = this.#killed.promise;
  /** Never resolves once the process is dead. */
  async step(): Promise<void> {
    if (!this.killed) this.steps += 1;
    if (!this.killed) return;
    this.#killed.resolve();
    await new Promise<never>(() => undefined);
  }
  around =
    <Args extends readonly unknown[], T>(work: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      await this.step();
      const made = await work(...args);
      await this.step();
      return made;
    };
}

/** The bus as a mortal process has it: what is killed inside a handler is not committed. */
function mortal(bus: Bus, life: Life): Bus {
  return {
    declare: (topics) => bus.declare(topics),
    standing: () => bus.standing(),
    close: () => bus.close(),
    send: life.around((records) => bus.send(records)),
    consume(options: BusConsumerOptions) {
      return bus.consume({
        ...options,
        async handle(records, signal) {
          const over = Promise.withResolvers<never>();
          // Whoever takes over is told of the partition once the dead have lost it.
          signal.addEventListener('abort', () => over.reject(new Error('dead')), { once: true });
          await Promise.race([life.around(options.handle)(records, signal), over.promise]);
        },
      });
    },
  };
}

/** What one command comes to where processes die at these steps, one after the other. @returns whether the last one lived */
async function lives(t: Parameters<typeof BusCustomer.open>[0], prefix: string, deaths: readonly number[]) {
  const bus = memoryBus({ clock: systemClock() });
  const customer = await BusCustomer.open(t, bus, prefix);
  const { store, registry, clock } = givenPlatform({ contexts: [tallies], deciders: tallyDeciders });
  /** A process of its own, whose first try finds no store. */
  const tried = new Set<string>();
  const begin = async (life: Life) => {
    const { pipeline } = givenPlatform({
      ...{ contexts: [tallies], deciders: tallyDeciders, store, clock, seed: life.steps + deaths.length },
    });
    const decide: Dispatch = async (envelope) => {
      const isFirst = envelope.commandId === 'waits' && !tried.has('waits');
      tried.add(envelope.commandId);
      if (!isFirst) return inTime(clock, pipeline.dispatch(envelope));
      const rejection = Unavailable({ retryAfterMs: 1 });
      return { outcome: 'rejected', commandId: 'waits', rejection, position: undefined, events: [] };
    };
    const behind: Behind = { registry, dispatch: life.around(decide), epoch: store.epoch };
    const options = await optionsOver(mortal(bus, life), behind, { prefix, signingKey: customer.signingKey });
    // Pauses are not what is tried here.
    const topics = {
      ...options.topics,
      retries: options.topics.retries.map((it) => ({ ...it, pauseMs: 1 })),
    };
    // Nor is whose the topics are: nothing is written for it that somebody could lose.
    return busCommands({ ...options, topics, claim: async () => undefined });
  };
  const token = await customer.token('ann');
  const command = (idempotencyKey: string, tally: string) =>
    customer.send({ command: 'Add', data: { tally, by: '1' }, idempotencyKey, token });
  await command('once', 'a');
  await command('waits', 'b');
  await customer.send({ command: 'Add', data: {}, idempotencyKey: 'nowhere', replyTo: 'elsewhere' });
  let life = new Life(Number.POSITIVE_INFINITY);
  for (const last of [...deaths, Number.POSITIVE_INFINITY]) {
    life = new Life(last);
    const process = await begin(life);
    await process.joined;
    const done = until(
      () =>
        customer.replies('once').length > 0 &&
        customer.replies('waits').length > 0 &&
        customer.deadLetters().length > 0,
      'all is answered',
    );
    await Promise.race([done, life.dead]);
    if (last === Number.POSITIVE_INFINITY) await done;
    await process.stop();
  }
  const added = async (tally: string) =>
    (await store.readStream(`tally-${tally}`, { from: 0, limit: 10 })).length;
  assert.deepEqual([await added('a'), await added('b')], [1, 1], `decided once, killed at ${deaths.join()}`);
  for (const key of ['once', 'waits']) {
    const replies = customer.replies(key);
    assert.equal(replies[0]?.outcome, 'accepted');
    for (const reply of replies) assert.deepEqual(reply, replies[0], 'every reply says the same');
  }
  for (const letter of customer.deadLetters()) assert.equal(letter.cause, 'reply_not_allowed');
  await bus.close();
  return life.steps;
}

test('killed between any two steps, a command is decided once and answered', async (t) => {
  const steps = await lives(t, 'whole', []);
  assert.ok(steps >= 14, `${steps} steps`);
  for (let last = 1; last <= steps; last += 1) await lives(t, `once-${last}`, [last]);
});

test('killed again on the way back', async (t) => {
  for (let first = 1; first <= 12; first += 3)
    for (let second = 1; second <= 12; second += 2)
      await lives(t, `twice-${first}-${second}`, [first, second]);
});
