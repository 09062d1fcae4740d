import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dispatch, Envelope, RecordedEvent, Reply } from '#domain/kernel/envelope.ts';
import type { Line } from '#domain/kernel/line.ts';
import { type Reaction, reaction } from '#domain/kernel/reaction.ts';
import { registryOf } from '#domain/kernel/registry.ts';
import { IdempotencyMismatch, Unauthenticated, Unavailable } from '#domain/kernel/rejections.ts';
import { ChainTooLongError, chainLimits, followChain, followReaction } from '#runtime/chain.ts';
import { type KeptLine, LineEndedError } from '#runtime/kept-line.ts';
import { recorded } from '#test/support/given.ts';
import {
  Count,
  counting,
  Nudge,
  Nudged,
  Remind,
  Reminded,
  transferContext,
} from '#test/support/transfers.ts';

const registry = registryOf([transferContext]);
const occurred = (type: string, revision = 0, data: object = { transfer: 't1' }): RecordedEvent =>
  recorded(
    { type, data },
    { eventId: `${type}-${revision}`, stream: 'transfer-t1', revision, position: BigInt(revision + 1) },
    { correlationId: 'the-first' },
  );
const accepted = ({ commandId }: Envelope, ...events: RecordedEvent[]): Reply => ({
  outcome: 'accepted',
  commandId,
  stream: 's',
  position: undefined,
  events,
});

/** Answers every command with one event, and writes down what was sent. */
function world(reply: (envelope: Envelope) => Reply) {
  const sent: Envelope[] = [];
  const dispatch: Dispatch = async (envelope) => {
    sent.push(envelope);
    return reply(envelope);
  };
  return { sent, dispatch };
}

const nudge = (transfer: string) => ({ command: Nudge({ transfer }), purpose: transfer });
const first: Reaction = reaction({
  name: 'first',
  on: (when) => [
    when(Nudged, ({ data: { transfer } }) => [
      { command: Remind({ transfer }), purpose: 'a' },
      { command: Remind({ transfer }), purpose: 'b' },
    ]),
  ],
  inside: (when) => [
    when(Reminded, (_, trail) => [{ command: Count({ counter: 't1', amount: BigInt(trail.length) }) }]),
  ],
  key: ({ data }) => data.transfer,
});

test('a chain is followed depth first, under ids that are the same each time', async () => {
  let revision = 0;
  const reply = (envelope: Envelope) =>
    envelope.command === 'Remind'
      ? accepted(envelope, occurred('Reminded', ++revision))
      : accepted(envelope, occurred('Tallied', ++revision, { amount: 1n }));
  const { sent, dispatch } = world(reply);
  const following = { dispatch, registry, reactions: [first], event: occurred('Nudged') };
  const chain = await followChain(following);
  assert.equal(chain.unanswered, undefined);
  assert.deepEqual(
    chain.events.map(({ type }) => type),
    ['Reminded', 'Tallied', 'Reminded', 'Tallied'],
  );
  assert.deepEqual(
    sent.map(({ command }) => command),
    ['Remind', 'Count', 'Remind', 'Count'],
  );
  assert.deepEqual(sent[1]?.data, { counter: 't1', amount: '2' });
  assert.equal(sent[1]?.causationId, 'Reminded-1');
  assert.ok(
    sent.every(({ correlationId, actor }) => correlationId === 'the-first' && actor.id === 'system.first'),
  );
  const ids = sent.map(({ commandId }) => commandId);
  assert.equal(new Set(ids).size, 4);
  revision = 0;
  await followChain(following);
  assert.deepEqual(
    sent.slice(4).map(({ commandId }) => commandId),
    ids,
  );
});

test('a reply that settles nothing ends the chain short; a no is an answer', async () => {
  const event = occurred('Nudged');
  const none = { position: undefined, events: [] };
  const replies: [(envelope: Envelope) => Reply, string | undefined][] = [
    [({ commandId }) => ({ outcome: 'pending', commandId, stream: 's', ...none }), 'pending'],
    [
      ({ commandId }) => ({
        outcome: 'rejected',
        commandId,
        rejection: Unavailable({ retryAfterMs: 1 }),
        ...none,
      }),
      'unavailable',
    ],
    [
      ({ commandId }) => ({ outcome: 'rejected', commandId, rejection: Unauthenticated({}), ...none }),
      'unauthenticated',
    ],
    [
      ({ commandId }) => ({
        outcome: 'rejected',
        commandId,
        rejection: IdempotencyMismatch({ commandId }),
        ...none,
      }),
      undefined,
    ],
    [
      () => {
        throw new Error('no connection');
      },
      'no connection',
    ],
  ];
  for (const [reply, why] of replies) {
    const { sent, dispatch } = world(reply);
    const chain = await followChain({ dispatch, registry, reactions: [first], event });
    assert.equal(chain.unanswered?.why, why);
    assert.equal(sent.length, why === undefined ? 2 : 1, 'nothing is sent behind an unanswered command');
  }
});

test('reactions that feed each other are stopped, in depth and in number', async () => {
  const endless = reaction({
    name: 'endless',
    on: (when) => [when(Nudged, () => [nudge('t1')])],
    key: ({ data }) => data.transfer,
  });
  const deep = world((envelope) => accepted(envelope, occurred('Nudged')));
  const event = occurred('Nudged');
  await assert.rejects(
    followChain({ dispatch: deep.dispatch, registry, reactions: [endless], event }),
    ChainTooLongError,
  );
  assert.equal(deep.sent.length, chainLimits.depth);
  const wide = reaction({
    name: 'wide',
    on: (when) => [
      when(Nudged, () => Array.from({ length: chainLimits.commands + 1 }, (_, at) => nudge(`t${at}`))),
    ],
    key: ({ data }) => data.transfer,
  });
  const many = world((envelope) => accepted(envelope));
  await assert.rejects(
    followChain({ dispatch: many.dispatch, registry, reactions: [wide], event }),
    ChainTooLongError,
  );
  assert.equal(many.sent.length, chainLimits.commands);
});

test('the catch-up consumer begins with one stage of one reaction', async () => {
  const { sent, dispatch } = world((envelope) => accepted(envelope));
  const event = occurred('Nudged');
  const following = { dispatch, registry, reactions: [first, counting], reaction: counting, event };
  await followReaction({ ...following, stage: 'on' });
  assert.deepEqual(sent, []);
  await followReaction({ ...following, stage: 'passed' });
  assert.deepEqual(
    sent.map(({ command }) => command),
    ['Count'],
  );
});

const line: Line = {
  joins: Nudged,
  leaves: [Reminded],
  place: ({ eventId }) => ({ key: 'all', id: eventId }),
  patienceMs: 1,
  passOver: ({ eventId }) => ({ command: Count({ counter: 't1', amount: 0n }), purpose: eventId }),
};
const queueing: Reaction = reaction({
  name: 'queueing',
  line,
  on: (when) => [when(Nudged, ({ data: { transfer } }) => [{ command: Remind({ transfer }), inTurn: true }])],
  key: ({ data }) => data.transfer,
});
/** A line that calls everybody at once, with these before them that nobody waits for. */
const calling = (late: readonly RecordedEvent[], met: (joined: RecordedEvent) => void): KeptLine => ({
  line,
  met: () => undefined,
  inTurn(joined, follower) {
    met(joined);
    return follower.handOver(late);
  },
  end: () => undefined,
});
const event = occurred('Nudged');
const late = [occurred('Nudged', 7), occurred('Nudged', 8)];

test('what is to be sent in turn is sent when the chain’s own line calls, behind those that are passed over', async () => {
  for (const queues of [true, false]) {
    const { sent, dispatch } = world((envelope) => accepted(envelope));
    const joined: RecordedEvent[] = [];
    const lines = [{ ...calling([], () => assert.fail('another line')), line: { ...line } }];
    const following = { dispatch, registry, reactions: [queueing], event, queues };
    const chain = await followChain({
      ...following,
      lines: [...lines, calling(late, (root) => joined.push(root))],
    });
    assert.equal(chain.unanswered, undefined);
    assert.deepEqual(joined, [event]);
    assert.deepEqual(
      sent.map(({ command, causationId }) => [command, causationId]),
      [
        ['Count', 'Nudged-7'],
        ['Count', 'Nudged-8'],
        ['Remind', 'Nudged-0'],
      ],
    );
  }
});

test('those that are passed over stand in the queue in the same moment, or are answered first', async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const sentBy = async (queues: boolean) => {
    const sent: string[] = [];
    const dispatch: Dispatch = async (envelope) => {
      sent.push(envelope.command);
      await answered;
      return accepted(envelope);
    };
    const lines = [calling(late, () => undefined)];
    void followChain({ dispatch, registry, reactions: [queueing], event, queues, lines });
    await new Promise<void>((resolve) => setImmediate(resolve));
    return sent;
  };
  assert.deepEqual(await sentBy(true), ['Count', 'Count', 'Remind']);
  assert.deepEqual(await sentBy(false), ['Count']);
  answer();
});

test('a passing over without an answer leaves the chain without one, and what stands behind it unsent', async () => {
  const none = { position: undefined, events: [] };
  const { sent, dispatch } = world(({ commandId }) => ({
    ...{ outcome: 'rejected', commandId, rejection: Unavailable({ retryAfterMs: 1 }), ...none },
  }));
  const lines = [calling(late, () => undefined)];
  const chain = await followChain({ dispatch, registry, reactions: [queueing], event, lines });
  assert.deepEqual([chain.unanswered?.command, chain.unanswered?.why], ['Count', 'unavailable']);
  assert.equal(sent.length, 1);
});

test('a line that is kept no longer leaves the chain without an answer', async () => {
  const { sent, dispatch } = world((envelope) => accepted(envelope));
  const lines = [{ ...calling([], () => undefined), inTurn: () => Promise.reject(new LineEndedError()) }];
  const chain = await followChain({ dispatch, registry, reactions: [queueing], event, lines });
  assert.deepEqual([chain.unanswered?.command, sent.length], ['Remind', 0]);
  assert.match(chain.unanswered?.why ?? '', /kept no longer/);
});

test('whoever waits follows the chain of one that is not there, through all reactions and in its turn', async () => {
  const { sent, dispatch } = world((envelope) => accepted(envelope));
  const absent = occurred('Nudged', 5);
  const called: RecordedEvent[] = [];
  const kept: KeptLine = {
    ...calling([], () => undefined),
    async inTurn(joined, follower) {
      called.push(joined);
      if (joined === event) follower.seeTo(absent);
      return follower.handOver([]);
    },
  };
  await followChain({ dispatch, registry, reactions: [queueing], event, lines: [kept], queues: true });
  await new Promise<void>((resolve) => setImmediate(resolve));
  assert.deepEqual(called, [event, absent]);
  assert.deepEqual(sent.map(({ causationId }) => causationId).sort(), ['Nudged-0', 'Nudged-5']);
});
