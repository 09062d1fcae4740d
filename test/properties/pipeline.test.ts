import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import fc from 'fast-check';
import { memoryStores, openHistory } from '#compose/stores.ts';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { Reply, StoredEvent } from '#domain/kernel/envelope.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import { type SimulatedClock, simulatedClock } from '#engines/clock/simulated.ts';
import { type Fault, faultyStore } from '#test/support/faulty-store.ts';
import { givenPlatform, inTime, type Platform, someone } from '#test/support/platform.ts';
import { seededRandom } from '#test/support/seeded.ts';
import { Add, AddOnRecord, CAPACITY, tallies, tallyDeciders } from '#test/support/tally.ts';

const RUNS = Number(process.env.ANNALS_RUNS ?? 60);

/** One command of a person, sent once or more, to either process. */
const sending = fc.record({
  person: fc.constantFrom('ann', 'bob'),
  id: fc.constantFrom('c1', 'c2', 'c3', 'c4', 'c5', 'c6'),
  tally: fc.constantFrom('a', 'b'),
  process: fc.nat({ max: 1 }),
  /** How many turns of the event loop later than the one before it. */
  pause: fc.nat({ max: 3 }),
});
type Sending = typeof sending extends fc.Arbitrary<infer T> ? T : never;

const fault = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Fault>(undefined) },
  { weight: 1, arbitrary: fc.constantFrom<Fault>('lost', 'unanswered', 'twice', 'unavailable') },
);

const story = fc.record({
  seed: fc.nat(),
  sendings: fc.array(sending, { minLength: 1, maxLength: 40 }),
  faults: fc.array(fault, { maxLength: 30 }),
  reads: fc.array(fc.boolean(), { maxLength: 10 }),
  lastPositionOnly: fc.boolean(),
  /** After so many commands the second process is replaced by a new one, which knows nothing. */
  restartAfter: fc.nat({ max: 40 }),
});

/** One telling of a story: where its history is, and under which names. */
interface Stage {
  readonly clock: SimulatedClock;
  readonly store: EventStore;
  /** Ends the names of the tallies, so that many tellings fit into one store. */
  readonly run: string;
}

/** The same id always means the same command; how much it adds and whether a no is recorded hang on the id. */
function commandOf({ person, id, ...sending }: Sending, run: string) {
  const tally = `${sending.tally}${run}`;
  const number = BigInt(id.slice(1)) + (person === 'ann' ? 0n : 6n);
  const by = number * 50n;
  return number % 2n === 0n ? Add({ tally, by }) : AddOnRecord({ tally, by });
}

/** Nothing was said about the command: it may have been recorded or not. */
const isOpen = (reply: Reply): boolean =>
  reply.outcome === 'rejected' && ['unavailable', 'contended', 'overloaded'].includes(reply.rejection.code);

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await turn();
}

type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;
interface Told {
  readonly replies: readonly { readonly sent: Sending; readonly reply: Reply }[];
  /** Makes a process on the same history, at which nothing goes wrong. */
  readonly start: () => Platform;
}

/** Plays a story: two processes on one store, which is slow, loses requests and answers, and is away at times. */
async function tell(
  { seed, sendings, faults, reads, lastPositionOnly, restartAfter }: Story,
  { clock, store: engine, run }: Stage,
): Promise<Told> {
  const random = seededRandom(seed);
  const slow = async <T>(call: () => Promise<T>): Promise<T> => {
    await turns(Math.floor(random() * 3));
    const answer = await call();
    await turns(Math.floor(random() * 3));
    return answer;
  };
  const scripted = [...faults];
  const failing = [...reads];
  const store = faultyStore(
    {
      ...engine,
      append: (...call) => slow(() => engine.append(...call)),
      readStream: (...call) => slow(() => engine.readStream(...call)),
    },
    { append: () => scripted.shift(), read: () => failing.shift() ?? false, lastPositionOnly },
  );
  const kept = new Map<string, JsonObject>();
  const snapshots = {
    read: async (stream: string) => kept.get(stream),
    write: async (name: string, snapshot: JsonObject | null) =>
      void (snapshot === null ? kept.delete(name) : kept.set(name, snapshot)),
  };
  let started = 0;
  const startOn = (on: EventStore): Platform =>
    givenPlatform({
      contexts: [tallies],
      deciders: tallyDeciders,
      store: on,
      clock,
      snapshots,
      limits: { eventsPerSnapshot: 3 },
      seed: seed + ++started,
    });
  const processes: [Platform, Platform] = [startOn(store), startOn(store)];
  const answers: Promise<{ sent: Sending; reply: Reply }>[] = [];
  for (const [at, sent] of sendings.entries()) {
    await turns(sent.pause);
    if (at === restartAfter) processes[1] = startOn(store);
    const platform = sent.process === 0 ? processes[0] : processes[1];
    const reply = inTime(clock, platform.send(commandOf(sent, run), someone(sent.person, 'bidder'), sent.id));
    answers.push(reply.then((answer) => ({ sent, reply: answer })));
  }
  return { replies: await Promise.all(answers), start: () => startOn(engine) };
}

const amountOf = (events: readonly StoredEvent[]): bigint =>
  events.filter(({ type }) => type === 'Added').reduce((sum, { data }) => sum + BigInt(String(data.by)), 0n);

/** What each reply may say, given what the stream holds at the end. */
function judge(
  { sent, reply }: Told['replies'][number],
  stream: readonly StoredEvent[],
  run: string,
  replies: Told['replies'],
): void {
  const event = stream.find(
    ({ metadata }) => metadata.actor === sent.person && metadata.commandId === sent.id,
  );
  if (reply.events.length > 0) {
    assert.deepEqual(
      reply.events.map(({ eventId, position }) => [eventId, position]),
      [[event?.eventId, event?.position]],
    );
  } else if (!isOpen(reply)) {
    const code = reply.outcome === 'rejected' && reply.rejection.code;
    if (code === 'idempotency_mismatch') {
      const sentAs = (one: Sending) => one.person === sent.person && one.id === sent.id;
      const isUsedElsewhere = replies.some((one) => sentAs(one.sent) && one.sent.tally !== sent.tally);
      assert.ok(isUsedElsewhere, 'a key that was used once was said to be used for something else');
      // The no stood on the whole stream; only a process that had not seen the other use can have recorded it since.
      const elsewhereToo = replies.some(
        (one) => sentAs(one.sent) && one.sent.tally === sent.tally && one.sent.process === 1,
      );
      assert.ok(event === undefined || elsewhereToo, 'a process recorded what it had said was a mismatch');
      return;
    }
    assert.equal(event, undefined, 'a recorded command was answered by another no');
    assert.equal(code, 'tally_full');
    // Room only ever shrinks: a no that is true was true on the durable history, and is still.
    const { by } = commandOf(sent, run).data;
    assert.ok(by > CAPACITY - amountOf(stream), 'a no stood on something that never became durable');
  }
}

/** Tells the story and demands what must hold at its end, whatever happened. */
async function play(plot: Story, stage: Stage): Promise<void> {
  const { run } = stage;
  const { replies, start } = await tell(plot, stage);
  const fresh = start();
  const recorded = {
    a: await fresh.history(`tally-a${run}`),
    b: await fresh.history(`tally-b${run}`),
  };
  for (const events of Object.values(recorded)) {
    const keys = events.map(({ metadata }) => `${metadata.actor}/${metadata.commandId}`);
    assert.equal(new Set(keys).size, keys.length, 'a command was recorded twice');
    assert.ok(amountOf(events) <= CAPACITY, 'a yes stood on another state than the history has');
  }
  for (const one of replies) {
    judge(one, recorded[one.sent.tally], run, replies);
  }
  // Asked again of a process that has just started, each recorded command gets the reply it got before.
  for (const { sent, reply } of replies) {
    if (reply.events.length === 0) continue;
    const again = await fresh.send(commandOf(sent, run), someone(sent.person, 'bidder'), sent.id);
    assert.deepEqual(again, reply);
  }
}

const newClock = () => simulatedClock({ start: '2026-03-01T12:00:00.000Z' });

it('whatever two processes and a faulty store do, a command takes effect once and is answered alike', async () => {
  await fc.assert(
    fc.asyncProperty(story, (plot) => {
      const clock = newClock();
      return play(plot, { clock, store: memoryStores({ clock }).store, run: '' });
    }),
    { numRuns: RUNS },
  );
});

it('the same on a disk', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'annals-pipeline-'));
  const clock = newClock();
  const store = await openHistory({ profile: 'embedded', folder }, { clock });
  let run = 0;
  try {
    await fc.assert(
      fc.asyncProperty(story, (plot) => play(plot, { clock, store, run: `r${++run}` })),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});
