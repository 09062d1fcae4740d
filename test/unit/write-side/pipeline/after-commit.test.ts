import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { memoryStores } from '#compose/stores.ts';
import type { Reply } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { reaction } from '#domain/kernel/reaction.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { type Faults, faultyStore } from '#test/support/faulty-store.ts';
import {
  AdmitVisit,
  gateDeciders,
  gatekeeper,
  gates,
  OpenGate,
  PayVisit,
  payVisit,
  VisitAdmitted,
} from '#test/support/gate.ts';
import { givenPlatform, someone } from '#test/support/platform.ts';
import { Add, Added, Inject, tallies, tallyDeciders } from '#test/support/tally.ts';

const ann = someone('ann', 'bidder');
const sue = someone('sue', 'seller');
const codeOf = (reply: Reply): string =>
  reply.outcome === 'rejected' ? reply.rejection.code : reply.outcome;

const parts = { contexts: [gates], deciders: gateDeciders, workflows: [payVisit], reactions: [gatekeeper] };
const visit = (visitor: string) => PayVisit({ gate: 'g', visitor });
const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A store in which one stream takes nothing until it is let go. */
function heldBack(clock: Clock, held: string) {
  const memory = memoryStores({ clock }).store;
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const store: EventStore = {
    ...memory,
    async append(stream, expected, events) {
      if (stream === held) await released;
      return memory.append(stream, expected, events);
    },
  };
  return { store, release };
}

describe('a process', () => {
  it('is answered by what its chain comes to, with the position of its last event', async () => {
    const { send, history } = givenPlatform(parts);
    await send(OpenGate({ gate: 'g', seats: 1 }), sue);
    const yes = await send(visit('ann'), ann);
    assert.equal(codeOf(yes), 'accepted');
    assert.equal(yes.position, (await history('gate-g')).at(-1)?.position);
    assert.deepEqual(
      yes.events.map(({ type }) => type),
      ['VisitAsked'],
    );
    const no = await send(visit('bob'), ann);
    assert.equal(codeOf(no), 'no_seat');
    assert.equal(no.position, (await history('gate-g')).at(-1)?.position);
  });
  it('comes to the same for a repeat, and nothing happens twice', async () => {
    const { send, history } = givenPlatform(parts);
    await send(OpenGate({ gate: 'g', seats: 1 }), sue);
    const first = await send(visit('ann'), ann, 'c1');
    assert.deepEqual(await send(visit('ann'), ann, 'c1'), first);
    assert.equal((await history('gate-g')).length, 2);
  });
  it('is answered as soon as its outcome is known, while the rest of its chain goes on', async () => {
    const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
    const { store, release } = heldBack(clock, 'tally-visits');
    const count = reaction({
      name: 'count',
      on: (when) => [when(VisitAdmitted, () => [{ command: Inject({ tally: 'visits', by: 1n }) }])],
      key: ({ stream }) => stream,
    });
    const { send, pipeline, history } = givenPlatform({
      contexts: [gates, tallies],
      deciders: [...gateDeciders, ...tallyDeciders],
      workflows: [payVisit],
      reactions: [gatekeeper, count],
      clock,
      store,
    });
    await send(OpenGate({ gate: 'g', seats: 1 }), sue);
    const first = await send(visit('ann'), ann, 'c1');
    assert.equal(codeOf(first), 'accepted');
    assert.equal(first.position, (await history('gate-g')).at(-1)?.position);
    assert.equal(pipeline.status().inFlight.external, 1);
    release();
    await pipeline.drain();
    assert.equal((await history('tally-visits')).length, 1);
  });
  it('records the no of its precondition where it was decided', async () => {
    const { send, history } = givenPlatform(parts);
    const reply = await send(visit('ann'), ann);
    assert.equal(codeOf(reply), 'gate_shut');
    assert.deepEqual(
      (await history('visit-g:ann')).map(({ type }) => type),
      ['VisitTurnedAway'],
    );
    assert.deepEqual(await history('gate-g'), []);
  });
  it('repeats a precondition that refuses on the head of the stream before it counts', async () => {
    const one = givenPlatform(parts);
    const two = givenPlatform({ ...parts, store: one.store, clock: one.clock, seed: 2 });
    // The first process has seen the gate shut, the second opens it.
    assert.equal(codeOf(await one.send(visit('ann'), ann)), 'gate_shut');
    await two.send(OpenGate({ gate: 'g', seats: 1 }), sue);
    assert.equal(codeOf(await one.send(visit('ann'), ann)), 'accepted');
  });
  it('gives every event of the chain its cause and its correlation', async () => {
    const { send, history } = givenPlatform(parts);
    await send(OpenGate({ gate: 'g', seats: 1 }), sue);
    await send(visit('ann'), ann, 'c1');
    const [asked] = await history('visit-g:ann');
    const admitted = (await history('gate-g')).at(-1);
    const { correlationId, causationId, actor, command, origin } = admitted?.metadata ?? {};
    assert.deepEqual(
      { correlationId, causationId, actor, command, origin },
      {
        correlationId: 'c1',
        causationId: asked?.eventId,
        actor: 'system.gatekeeper',
        command: AdmitVisit.type,
        origin: { channel: 'reaction' },
      },
    );
  });
});

describe('an outcome that does not come', () => {
  /** The gate's stream does not answer until it is let go. */
  function given() {
    const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
    const memory = memoryStores({ clock }).store;
    let held: Promise<void> | undefined;
    let release = (): void => {};
    const store = {
      ...memory,
      async append(...[stream, expected, events]: Parameters<typeof memory.append>) {
        if (stream === 'gate-g') await held;
        return memory.append(stream, expected, events);
      },
    };
    const platform = givenPlatform({ ...parts, clock, store });
    return {
      ...platform,
      hold() {
        ({ promise: held, resolve: release } = Promise.withResolvers<void>());
      },
      release: () => release(),
    };
  }
  it('is pending after five seconds, never a no, and is told to whoever asks again', async () => {
    const { send, clock, hold, release, pipeline } = given();
    await send(OpenGate({ gate: 'g', seats: 1 }), sue);
    hold();
    const asked = send(visit('ann'), ann, 'c1');
    await soon();
    await soon();
    clock.advanceTo('2026-03-01T12:00:04.999Z');
    assert.equal(await Promise.race([asked, soon()]), undefined);
    clock.advanceTo('2026-03-01T12:00:05.000Z');
    const pending = await asked;
    assert.equal(pending.outcome, 'pending');
    assert.equal(pending.events[0]?.position, pending.position);
    // Its chain still runs, so it still counts as under way.
    assert.equal(pipeline.status().inFlight.external, 1);
    release();
    await pipeline.drain();
    assert.equal(pipeline.status().inFlight.external, 0);
  });
  it('is waited for by whoever drains', async () => {
    const { send, hold, release, pipeline, history } = given();
    await send(OpenGate({ gate: 'g', seats: 1 }), sue);
    hold();
    const asked = send(visit('ann'), ann);
    await soon();
    const drained = pipeline.drain();
    assert.equal(await Promise.race([drained.then(() => 'drained'), soon()]), undefined);
    release();
    await drained;
    assert.equal(codeOf(await asked), 'accepted');
    assert.equal((await history('gate-g')).length, 2);
  });
  it('is pending at once when the chain stops short, and a repeat brings it to its end', async () => {
    const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
    const faults: { append?: Faults['append'] } = {};
    const store = faultyStore(memoryStores({ clock }).store, {
      append: (stream) => faults.append?.(stream),
    });
    const { send } = givenPlatform({ ...parts, clock, store });
    await send(OpenGate({ gate: 'g', seats: 1 }), sue);
    faults.append = (stream) => (stream === 'gate-g' ? 'unavailable' : undefined);
    assert.equal(codeOf(await send(visit('ann'), ann, 'c1')), 'pending');
    delete faults.append;
    clock.advanceTo(later(clock.now(), 10));
    assert.equal(codeOf(await send(visit('ann'), ann, 'c1')), 'accepted');
  });
});

describe('a plain command', () => {
  const mirror = reaction({
    name: 'mirror',
    on: (when) => [
      when(Added, ({ stream, data }) =>
        stream === 'tally-mirror' ? [] : [{ command: Inject({ tally: 'mirror', by: data.by }) }],
      ),
    ],
    key: ({ stream }) => stream,
  });
  it('is answered before its chain has ended, and counts as under way until then', async () => {
    const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
    const { store, release } = heldBack(clock, 'tally-mirror');
    const { send, pipeline, history } = givenPlatform({
      contexts: [tallies],
      deciders: tallyDeciders,
      reactions: [mirror],
      clock,
      store,
    });
    assert.equal(codeOf(await send(Add({ tally: 'a', by: 7n }), ann, 'c1')), 'accepted');
    assert.equal(pipeline.status().inFlight.external, 1);
    assert.deepEqual(await history('tally-mirror'), []);
    release();
    await pipeline.drain();
    assert.deepEqual(
      (await history('tally-mirror')).map(({ data }) => data),
      [{ by: '7' }],
    );
    assert.equal(pipeline.status().inFlight.external, 0);
  });
  it('that is repeated does not run its reactions again', async () => {
    const { send, pipeline, history } = givenPlatform({
      contexts: [tallies],
      deciders: tallyDeciders,
      reactions: [mirror],
    });
    for (let turn = 0; turn < 3; turn++) await send(Add({ tally: 'a', by: 7n }), ann, 'c1');
    await pipeline.drain();
    assert.equal((await history('tally-mirror')).length, 1);
  });
});
