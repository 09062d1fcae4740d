import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemActor } from '#domain/kernel/actor.ts';
import { NotYet } from '#domain/kernel/deadline.ts';
import { later } from '#domain/kernel/instant.ts';
import { Contended, Internal, Invalid, Overloaded } from '#domain/kernel/rejections.ts';
import { saga } from '#domain/kernel/saga.ts';
import { Instances } from '#sagas/runtime/instances.ts';
import { startSagas } from '#sagas/runtime/sagas.ts';
import { during, givenWorld, inputsOf, type RuntimeOptions, typesOf } from '#test/support/saga-runtime.ts';
import { seededIds } from '#test/support/seeded.ts';
import {
  Ask,
  Asked,
  Fill,
  Nudge,
  Nudged,
  Opening,
  Remind,
  Shutting,
  transferring,
} from '#test/support/transfers.ts';
import { until } from '#test/support/until.ts';
import { OVERDUE, WAITING, waiting, wanted } from '#test/support/waiting.ts';

const STREAM = 'saga-transferring-t1';
const withSaga: RuntimeOptions = { sagas: [transferring] };

test('a saga sends, takes the answers in and ends', async () => {
  const world = givenWorld();
  await during(world, withSaga, async ({ send, settle, sagas }) => {
    await send(Fill({ purse: 'ann', amount: 10n }));
    await send(wanted(7n));
    await settle();
    assert.equal((await sagas.status()).unfinished, 0);
  });
  assert.deepEqual(await inputsOf(world, STREAM), ['Asked', 'take', 'give']);
  assert.deepEqual(await typesOf(world, 'purse-ann'), ['Filled', 'Taken']);
  assert.deepEqual(await typesOf(world, 'purse-bob'), ['Filled']);
});

test('a refusal that is recorded comes back as a rejected answer', async () => {
  const world = givenWorld();
  await during(world, withSaga, async ({ send, settle }) => {
    await send(wanted(7n));
    await settle();
  });
  assert.deepEqual(await inputsOf(world, STREAM), ['Asked', 'take']);
  const [, answered] = await world.store.readStream(STREAM, { limit: 10 });
  assert.deepEqual(answered?.data.state, {
    phase: 'refused',
    from: 'ann',
    to: 'bob',
    amount: { $bigint: '7' },
    transfer: 't1',
  });
  assert.equal(answered?.data.done, true);
});

test('a rejection that no event records comes back too, and is compensated once', async () => {
  const world = givenWorld();
  await during(world, withSaga, async ({ send, settle }) => {
    await send(Fill({ purse: 'ann', amount: 10n }));
    await send(Shutting({ purse: 'bob' }));
    await send(wanted(7n));
    await settle();
  });
  assert.deepEqual(await inputsOf(world, STREAM), ['Asked', 'take', 'give', 'back']);
  assert.deepEqual(await typesOf(world, 'purse-ann'), ['Filled', 'Taken', 'Filled']);
});

test('a no that nothing recorded, lost in a crash, may become a yes: what is recorded is what happened', async () => {
  const world = givenWorld();
  const heard: string[] = [];
  const lost = Promise.withResolvers<void>();
  // The process hears the answer to `Fill` and dies before it can record it.
  const dying: RuntimeOptions = {
    ...withSaga,
    dispatch: (inner) => async (envelope) => {
      const reply = await inner(envelope);
      if (envelope.command !== Fill.type) return reply;
      if (reply.outcome === 'rejected') heard.push(reply.rejection.code);
      lost.resolve();
      throw new Error('the process is gone');
    },
  };
  await during(world, dying, async ({ send, platform }) => {
    await platform.send(Fill({ purse: 'ann', amount: 10n }), systemActor('test'));
    await send(Shutting({ purse: 'bob' }));
    await send(wanted(7n));
    await lost.promise;
  });
  assert.equal(heard[0], 'is_shut');
  assert.deepEqual(await inputsOf(world, STREAM), ['Asked', 'take']);
  await during(world, {}, ({ send }) => send(Opening({ purse: 'bob' })));
  for (const _ of ['the heir', 'and the next']) await during(world, withSaga, ({ settle }) => settle());
  assert.deepEqual(await inputsOf(world, STREAM), ['Asked', 'take', 'give']);
  // Once there, and never back.
  assert.deepEqual(await typesOf(world, 'purse-bob'), ['Shut', 'Opened', 'Filled']);
  assert.deepEqual(await typesOf(world, 'purse-ann'), ['Filled', 'Taken']);
});

test('an id that two processes made does not lose the step of either', async () => {
  const world = givenWorld();
  await during(world, {}, async ({ send, platform }) => {
    await send(wanted(1n));
    await send(Nudge({ transfer: 't1' }));
    const { registry } = platform;
    const [asked, nudge] = (await platform.history('transfer-t1')).map((event) => registry.decode(event));
    assert.ok(asked && nudge);
    const instances = () =>
      new Instances({
        store: world.store,
        registry,
        clock: world.clock,
        newId: seededIds(world.clock, 7),
      });
    const [one, other] = [instances(), instances()];
    // The other one believes that nothing has happened yet.
    await other.look('waiting', 't1');
    assert.equal(await one.take(waiting, 't1', { kind: 'event', event: asked }), 'stepped');
    await other.take(waiting, 't1', { kind: 'event', event: nudge });
  });
  assert.deepEqual(await inputsOf(world, WAITING), ['Asked', 'Nudged']);
});

test('what one process takes in another sends, also when it had looked at the instance before', async () => {
  const patient = saga({
    name: 'patient',
    version: 1,
    initial: null as string | null,
    on: (when) => [
      when(Asked, (_, { data: { transfer } }) => ({ state: transfer })),
      when(Nudged, (state, { data: { transfer } }) => ({
        ...{ state, sends: [{ command: Remind({ transfer }), purpose: 'remind' }] },
      })),
    ],
    id: ({ data }) => data.transfer,
    answers: { remind: (state) => ({ state, done: true }) },
  });
  const world = givenWorld();
  const inbox = { sagas: [patient], runs: (consumer: string) => consumer === 'saga:patient' };
  const outbox = { sagas: [patient], runs: (consumer: string) => consumer === 'sagas:outbox' };
  await during(world, inbox, async (taking) =>
    during(world, outbox, async (sending) => {
      // An earlier instance makes sure that the other process is at work when it meets the one that counts.
      for (const transfer of ['t0', 't1']) {
        await taking.send(Ask({ transfer, from: 'ann', to: 'bob', amount: 7n, overdueAt: OVERDUE }));
        await taking.settle();
        await sending.settle();
      }
      await taking.send(Nudge({ transfer: 't1' }));
      await until(async () => (await typesOf(world, 'transfer-t1')).length === 3, 'it is reminded');
      await sending.settle();
    }),
  );
  assert.deepEqual(await inputsOf(world, 'saga-patient-t1'), ['Asked', 'Nudged', 'remind']);
});

test('commands say who sent them and why', async () => {
  const world = givenWorld();
  await during(world, withSaga, async ({ send, settle }) => {
    await send(Fill({ purse: 'ann', amount: 10n }));
    await send(wanted(7n));
    await settle();
  });
  const [asked] = await world.store.readStream('transfer-t1', { limit: 1 });
  const [step] = await world.store.readStream(STREAM, { limit: 1 });
  const [, taken] = await world.store.readStream('purse-ann', { limit: 2 });
  assert.equal(step?.metadata.causationId, asked?.eventId);
  assert.equal(taken?.metadata.causationId, step?.eventId);
  assert.equal(taken?.metadata.correlationId, asked?.metadata.correlationId);
  assert.equal(taken?.metadata.actor, 'system.transferring');
  assert.deepEqual(taken?.metadata.origin, { channel: 'saga' });
});

test('a command that gets no answer is sent again under the same id until it has one', async () => {
  const world = givenWorld();
  const sent: string[] = [];
  const noAnswers = [
    () => Overloaded({ retryAfterMs: 1 }),
    () => Contended({ retryAfterMs: 1 }),
    // The clock of whoever decides is behind that of the timer: what came too early comes again.
    () => NotYet({ due: OVERDUE, now: later(OVERDUE, -1) }),
    () => {
      throw new Error('no connection');
    },
  ];
  const options: RuntimeOptions = {
    ...withSaga,
    dispatch: (inner) => async (envelope) => {
      sent.push(`${envelope.command} ${envelope.commandId}`);
      const rejection = noAnswers.shift()?.();
      if (rejection === undefined) return inner(envelope);
      const { commandId } = envelope;
      return { outcome: 'rejected', commandId, rejection, position: undefined, events: [] };
    },
  };
  await during(world, options, async ({ send, settle }) => {
    await send(wanted(7n));
    await settle();
  });
  assert.equal(sent.length, 5);
  assert.equal(new Set(sent).size, 1);
  assert.deepEqual(await inputsOf(world, STREAM), ['Asked', 'take']);
});

test('two processes share the work, and nothing happens twice', async () => {
  const world = givenWorld();
  const transfers = Array.from({ length: 10 }, (_, at) => `t${at}`);
  await during(world, withSaga, (one) =>
    during(world, withSaga, async (other) => {
      await one.send(Fill({ purse: 'ann', amount: 10n }));
      for (const transfer of transfers)
        await other.send(Ask({ transfer, from: 'ann', to: 'bob', amount: 1n, overdueAt: OVERDUE }));
      await one.settle();
      await other.settle();
      await one.settle();
    }),
  );
  for (const transfer of transfers)
    assert.deepEqual(await inputsOf(world, `saga-transferring-${transfer}`), ['Asked', 'take', 'give']);
  assert.equal((await typesOf(world, 'purse-bob')).length, transfers.length);
});

test('sagas whose streams could be taken for each other are refused', async () => {
  const world = givenWorld();
  await during(world, {}, async ({ platform }) => {
    const other = { ...transferring, name: 'transferring-late' };
    const start = startSagas({
      sagas: [transferring, other],
      consume: () => assert.fail('nothing may be consumed'),
      store: world.store,
      documents: world.readStore.documents,
      dispatch: platform.pipeline.dispatch,
      registry: platform.registry,
      clock: world.clock,
      newId: platform.newId,
    });
    await assert.rejects(start, /cannot be told apart/);
  });
});

for (const rejection of [Internal({ reference: 'r' }), Invalid({ issues: [] })])
  test(`an instance whose command nobody can take (${rejection.code}) is told of, keeps up no other, and goes on once that is mended`, async () => {
    const world = givenWorld();
    let mended = false;
    const options: RuntimeOptions = {
      sagas: [transferring],
      dispatch: (inner) => async (envelope) => {
        if (mended || envelope.command !== 'Take' || !JSON.stringify(envelope.data).includes('cyd'))
          return inner(envelope);
        const { commandId } = envelope;
        return { outcome: 'rejected', commandId, rejection, position: undefined, events: [] };
      },
    };
    await during(world, options, async ({ send, settle, sagas }) => {
      const outbox = () => sagas.standing().find(({ name }) => name === 'sagas:outbox');
      await send(Fill({ purse: 'ann', amount: 10n }));
      await send(Fill({ purse: 'cyd', amount: 10n }));
      const { data } = wanted(7n);
      await send(Ask({ ...data, transfer: 't9', from: 'cyd' }));
      await until(() => outbox()?.parkedKeys === 1, 'it is told of');
      assert.match(outbox()?.parkedFor ?? '', new RegExp(`saga-transferring-t9: Take .*: ${rejection.code}`));
      await send(wanted(7n));
      await until(async () => (await typesOf(world, 'purse-bob')).length === 1, 'the other goes on');
      mended = true;
      await settle();
      assert.deepEqual([outbox()?.parkedKeys, outbox()?.parkedFor], [0, undefined]);
    });
    assert.deepEqual(await typesOf(world, 'purse-cyd'), ['Filled', 'Taken']);
  });
