import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemActor } from '#domain/kernel/actor.ts';
import type { Envelope, Reply } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { givenPlatform, someone } from '#test/support/platform.ts';
import {
  Add,
  AddOnes,
  AddOnRecord,
  Empty,
  Inject,
  Seal,
  Stumble,
  tallies,
  tallyDeciders,
} from '#test/support/tally.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
const ann = someone('ann', 'bidder');
const bob = someone('bob', 'bidder');
const given = (more = {}) => givenPlatform({ contexts: [tallies], deciders: tallyDeciders, ...more });
const codeOf = (reply: Reply): string =>
  reply.outcome === 'rejected' ? reply.rejection.code : reply.outcome;

describe('who may', () => {
  it('takes a command from whoever has one of its roles', async () => {
    const { send } = given();
    assert.equal(codeOf(await send(Add({ tally: 'a', by: 1n }), ann)), 'accepted');
  });
  it('refuses other roles, and says which are needed', async () => {
    const { send } = given();
    const reply = await send(Add({ tally: 'a', by: 1n }), someone('sue', 'seller'));
    assert.deepEqual(reply.outcome === 'rejected' && reply.rejection.details, { needs: ['bidder'] });
  });
  it('takes what only processes send from the role system alone', async () => {
    const { send } = given();
    assert.equal(codeOf(await send(Inject({ tally: 'a', by: 1n }), someone('adam', 'admin'))), 'forbidden');
    assert.equal(codeOf(await send(Inject({ tally: 'a', by: 1n }), systemActor('test'))), 'accepted');
  });
});

describe('what it says', () => {
  const envelope = (more: Partial<Envelope>): Envelope => ({
    command: 'Add',
    data: { tally: 'a', by: '1' },
    commandId: 'c1',
    actor: ann,
    origin: { channel: 'http' },
    ...more,
  });
  const pathsOf = (reply: Reply): string[] => {
    assert.ok(reply.outcome === 'rejected' && reply.rejection.code === 'invalid');
    const { issues } = reply.rejection.details as { issues: { path: string }[] };
    return issues.map(({ path }) => path);
  };
  it('names the fields that do not fit', async () => {
    const { pipeline } = given();
    const reply = await pipeline.dispatch(envelope({ data: { tally: 'NO', by: 'one' } }));
    assert.deepEqual(pathsOf(reply), ['tally', 'by']);
  });
  it('refuses a field nobody knows, data of another kind, and names at most 20 issues', async () => {
    const { pipeline } = given();
    for (const data of [{ tally: 'a', by: '1', more: 1 }, null, 'text', 7, [], { by: 1n }, undefined]) {
      const issues = pathsOf(await pipeline.dispatch(envelope({ data }))).length;
      assert.ok(issues >= 1 && issues <= 20);
    }
  });
  for (const commandId of ['', ' ', 'a b', 'a b', 'x'.repeat(65), 'ü', 'a\n']) {
    it(`refuses the command id ${JSON.stringify(commandId.slice(0, 8))}`, async () => {
      const { pipeline, history } = given();
      assert.deepEqual(pathsOf(await pipeline.dispatch(envelope({ commandId }))), ['commandId']);
      assert.deepEqual(await history('tally-a'), []);
    });
  }
  it('knows no other commands', async () => {
    const { pipeline } = given();
    assert.equal(codeOf(await pipeline.dispatch(envelope({ command: 'Conquer' }))), 'not_found');
  });
});

describe('decided once', () => {
  it('answers a repeat with the first reply, and writes nothing', async () => {
    const { send, history } = given();
    const first = await send(AddOnes({ tally: 'a', times: 3 }), ann, 'c1');
    assert.deepEqual(await send(AddOnes({ tally: 'a', times: 3 }), ann, 'c1'), first);
    assert.equal((await history('tally-a')).length, 3);
  });
  it('answers a repeat of a recorded no with that no, whatever has changed since', async () => {
    const { send } = given();
    const first = await send(AddOnRecord({ tally: 'a', by: 5_000n }), ann, 'c1');
    assert.equal(codeOf(first), 'tally_full');
    assert.deepEqual(first.outcome === 'rejected' && first.rejection.details, { room: 1_000n });
    await send(Seal({ tally: 'a' }), ann);
    assert.deepEqual(await send(AddOnRecord({ tally: 'a', by: 5_000n }), ann, 'c1'), first);
  });
  it('refuses the same id with another payload or another command', async () => {
    const { send } = given();
    await send(Add({ tally: 'a', by: 1n }), ann, 'c1');
    assert.equal(codeOf(await send(Add({ tally: 'a', by: 2n }), ann, 'c1')), 'idempotency_mismatch');
    assert.equal(codeOf(await send(AddOnRecord({ tally: 'a', by: 1n }), ann, 'c1')), 'idempotency_mismatch');
  });
  it('lets two people use the same id', async () => {
    const { send, history } = given();
    await send(Add({ tally: 'a', by: 1n }), ann, 'c1');
    await send(Add({ tally: 'a', by: 2n }), bob, 'c1');
    assert.equal((await history('tally-a')).length, 2);
  });
  it('decides anew what was decided without events', async () => {
    const { send } = given();
    await send(Add({ tally: 'a', by: 999n }), ann);
    assert.equal(codeOf(await send(Add({ tally: 'a', by: 2n }), ann, 'c1')), 'tally_full');
    assert.equal(codeOf(await send(Add({ tally: 'a', by: 1n }), ann, 'c1')), 'accepted');
  });
  it('knows it after a restart', async () => {
    const before = given();
    const first = await before.send(Add({ tally: 'a', by: 1n }), ann, 'c1');
    await before.pipeline.drain();
    const after = given({ store: before.store, clock: before.clock, seed: 2 });
    assert.deepEqual(await after.send(Add({ tally: 'a', by: 1n }), ann, 'c1'), first);
    assert.equal((await after.history('tally-a')).length, 1);
  });
  it('knows it when another process has recorded it since', async () => {
    const one = given();
    const two = given({ store: one.store, clock: one.clock, seed: 2 });
    await two.send(Add({ tally: 'a', by: 1_000n }), bob);
    await one.send(Empty({ tally: 'a' }), ann);
    const first = await one.send(Add({ tally: 'a', by: 1n }), ann, 'c1');
    // The second process still believes that nothing fits in: that no would be the wrong answer to a repeat.
    assert.deepEqual(await two.send(Add({ tally: 'a', by: 1n }), ann, 'c1'), first);
  });
  it('remembers a key from outside for its life, however many commands came behind it', async () => {
    const { send, history, clock } = given({ limits: { rememberedCommandsPerStream: 2 } });
    for (const id of ['c1', 'c2', 'c3', 'c4']) await send(Add({ tally: 'a', by: 1n }), ann, id);
    clock.advanceTo(later(clock.now(), DAY_MS - 1));
    await send(Add({ tally: 'a', by: 1n }), ann, 'c5');
    await send(Add({ tally: 'a', by: 1n }), ann, 'c1');
    assert.equal((await history('tally-a')).length, 5);
    clock.advanceTo(later(clock.now(), 1));
    await send(Add({ tally: 'a', by: 1n }), ann, 'c6');
    await send(Add({ tally: 'a', by: 1n }), ann, 'c1');
    assert.equal((await history('tally-a')).length, 7);
  });
  it('remembers the last commands of a stream, however old they are', async () => {
    const { send, history, clock } = given({ limits: { rememberedCommandsPerStream: 2 } });
    for (const id of ['c1', 'c2', 'c3']) await send(Add({ tally: 'a', by: 1n }), ann, id);
    clock.advanceTo(later(clock.now(), 3 * DAY_MS));
    for (const id of ['c2', 'c3']) await send(Add({ tally: 'a', by: 1n }), ann, id);
    assert.equal((await history('tally-a')).length, 3);
  });
  it('lets go of what a process sends when it is not among the last: its business key is for ever', async () => {
    const { send, history } = given({ limits: { rememberedCommandsPerStream: 2 } });
    for (const id of ['c1', 'c2', 'c3']) await send(Inject({ tally: 'a', by: 1n }), systemActor('test'), id);
    await send(Inject({ tally: 'a', by: 1n }), systemActor('test'), 'c1');
    assert.equal((await history('tally-a')).length, 4);
  });
  it('takes so many keys of a person in their life, and says when the next is taken', async () => {
    const { send, history, clock } = given({ limits: { keysPerPerson: 2 } });
    const add = (id: string, who = ann) => send(Add({ tally: 'a', by: 1n }), who, id);
    await add('c1');
    clock.advanceTo(later(clock.now(), 1_000));
    const together = await Promise.all([add('c2'), add('c3'), add('c1'), add('c1', bob)]);
    assert.deepEqual(together.map(codeOf), ['accepted', 'too_many_keys', 'accepted', 'accepted']);
    const [, third] = together;
    assert.deepEqual(third.outcome === 'rejected' && third.rejection.details, {
      limit: 2,
      retryAfterMs: DAY_MS - 1_000,
    });
    await send(Inject({ tally: 'a', by: 1n }), systemActor('test'));
    clock.advanceTo(later(clock.now(), DAY_MS - 1_000));
    assert.deepEqual([codeOf(await add('c3')), codeOf(await add('c4'))], ['accepted', 'too_many_keys']);
    assert.equal((await history('tally-a')).length, 5);
  });
  it('refuses a key that the same person used for another stream, as far as this process has read', async () => {
    const one = given();
    await one.send(Add({ tally: 'a', by: 1n }), ann, 'c1');
    assert.equal(codeOf(await one.send(Add({ tally: 'b', by: 1n }), ann, 'c1')), 'idempotency_mismatch');
    assert.equal(codeOf(await one.send(Add({ tally: 'b', by: 1n }), bob, 'c1')), 'accepted');
    // A process that has read the stream where it was used knows it, too; before that it cannot.
    const two = given({ store: one.store, clock: one.clock, seed: 2 });
    await two.send(Add({ tally: 'a', by: 1n }), bob, 'c2');
    assert.equal(codeOf(await two.send(Add({ tally: 'c', by: 1n }), ann, 'c1')), 'idempotency_mismatch');
    // So does one that had read it before, as soon as it reads what was recorded there since.
    await one.send(Add({ tally: 'a', by: 1n }), ann, 'c3');
    await two.send(Add({ tally: 'a', by: 1n }), bob, 'c4');
    assert.equal(codeOf(await two.send(Add({ tally: 'c', by: 1n }), ann, 'c3')), 'idempotency_mismatch');
    const three = given({ store: one.store, clock: one.clock, seed: 3 });
    assert.equal(codeOf(await three.send(Add({ tally: 'c', by: 1n }), ann, 'c1')), 'accepted');
    // A repeat stays one, whatever else its key was used for.
    assert.equal(codeOf(await three.send(Add({ tally: 'a', by: 1n }), ann, 'c1')), 'accepted');
    assert.equal((await one.history('tally-a')).length, 4);
  });
  it('lets a key that came to nothing be used for something else', async () => {
    const { send } = given();
    await send(Add({ tally: 'a', by: 1_000n }), bob);
    assert.equal(codeOf(await send(Add({ tally: 'a', by: 1n }), ann, 'c1')), 'tally_full');
    assert.equal(codeOf(await send(Add({ tally: 'b', by: 1n }), ann, 'c1')), 'accepted');
  });
});

describe('every event says why', () => {
  it('carries who, what, when and from where; a command from outside is its own cause', async () => {
    const { send, history, clock } = given();
    await send(Add({ tally: 'a', by: 1n }), ann, 'c1', {
      onBehalfOf: 'bob',
      origin: { channel: 'graphql', address: '127.0.0.1' },
    });
    const [event] = await history('tally-a');
    const { payload, origin, ...rest } = event?.metadata ?? {};
    assert.match(String(payload), /^[\w-]{43}$/);
    assert.deepEqual(rest, {
      version: 1,
      occurredAt: clock.now(),
      actor: 'ann',
      roles: ['bidder'],
      onBehalfOf: 'bob',
      command: 'Add',
      commandId: 'c1',
      correlationId: 'c1',
      causationId: 'c1',
    });
    const { channel, address } = origin as { channel: string; address: string };
    assert.equal(channel, 'graphql');
    assert.match(address, /^sealed\.[\w-]{50,60}$/, 'from where is told by the key of ann alone');
    assert.match(event?.eventId ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });
  it('keeps the chain and the cause an internal command names', async () => {
    const { send, history } = given();
    const chain = { correlationId: 'c0', causationId: 'e0', origin: { channel: 'saga' } as const };
    await send(Inject({ tally: 'a', by: 1n }), systemActor('test'), 'c1', chain);
    const [event] = await history('tally-a');
    assert.deepEqual(
      [event?.metadata.correlationId, event?.metadata.causationId, event?.metadata.actor],
      ['c0', 'e0', 'system.test'],
    );
  });
});

describe('a mistake of ours', () => {
  it('is an internal rejection with a reference that the log has, and harms nobody else', async () => {
    const logged: object[] = [];
    const log: Log = { info() {}, warn() {}, error: (details) => void logged.push(details) };
    const { send, history } = given({ log });
    const [before, bad, behind] = await Promise.all([
      send(Add({ tally: 'a', by: 1n }), ann),
      send(Stumble({ tally: 'a' }), ann),
      send(Add({ tally: 'a', by: 2n }), ann),
    ]);
    assert.deepEqual([codeOf(before), codeOf(bad), codeOf(behind)], ['accepted', 'internal', 'accepted']);
    const { reference } = (bad.outcome === 'rejected' ? bad.rejection.details : {}) as { reference?: string };
    assert.equal((logged[0] as { reference?: string }).reference, reference);
    assert.equal((await history('tally-a')).length, 2);
  });
  it('refuses a decision that no append can hold', async () => {
    const { send, history } = given();
    assert.equal(codeOf(await send(AddOnes({ tally: 'a', times: 101 }), ann)), 'internal');
    assert.equal(codeOf(await send(AddOnes({ tally: 'a', times: 100 }), ann)), 'accepted');
    assert.equal((await history('tally-a')).length, 100);
  });
});
