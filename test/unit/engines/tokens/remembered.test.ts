import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instant } from '#domain/kernel/instant.ts';
import type { Identity } from '#domain/kernel/ports/tokens.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { rememberedVerifier } from '#engines/tokens/remembered.ts';

const START = '2026-03-01T12:00:00.000Z';
const END = '2026-03-01T13:00:00.000Z';
const ann: Identity = {
  actor: { id: 'ann', roles: ['bidder'], reputation: 3 },
  expiresAt: END,
  token: {},
  steppedUp: false,
};

function given(answers: Readonly<Record<string, Identity>>) {
  const asked: string[] = [];
  const clock = simulatedClock({ start: START });
  const verify = async (token: string, at: Instant = clock.now()) => {
    asked.push(token);
    return at < END ? answers[token] : undefined;
  };
  return { asked, clock, tokens: rememberedVerifier({ verify }, clock) };
}

test('a good token is verified once until its end, and then anew', async () => {
  const { asked, clock, tokens } = given({ good: ann });
  assert.deepEqual([await tokens.verify('good'), await tokens.verify('good')], [ann, ann]);
  assert.deepEqual(asked, ['good']);
  clock.advanceTo(END);
  assert.equal(await tokens.verify('good'), undefined);
  assert.deepEqual(asked, ['good', 'good']);
});

test('a bad token is never remembered', async () => {
  const { asked, tokens } = given({});
  assert.deepEqual([await tokens.verify('bad'), await tokens.verify('bad')], [undefined, undefined]);
  assert.deepEqual(asked, ['bad', 'bad']);
});

test('the longest untouched is forgotten beyond the limit', async () => {
  const names = Array.from({ length: 5_001 }, (_, at) => `token-${at}`);
  const { asked, tokens } = given(Object.fromEntries(names.map((name) => [name, ann])));
  for (const name of names.slice(0, 5_000)) await tokens.verify(name);
  await tokens.verify('token-0');
  await tokens.verify('token-5000');
  asked.length = 0;
  await tokens.verify('token-0');
  await tokens.verify('token-1');
  assert.deepEqual(asked, ['token-1']);
});

test('long tokens are forgotten sooner: the memory of all is bounded', async () => {
  const names = Array.from({ length: 2_001 }, (_, at) => `${at}`.padStart(10_240, 'x'));
  const { asked, tokens } = given(Object.fromEntries(names.map((name) => [name, ann])));
  for (const name of names) await tokens.verify(name);
  asked.length = 0;
  await tokens.verify(names[1] ?? '');
  await tokens.verify(names[0] ?? '');
  assert.deepEqual(asked, [names[0]]);
});

test('a token that was good at two moments is good between them; at others it is verified anew', async () => {
  const { asked, tokens } = given({ good: ann });
  const earlier = '2026-03-01T11:00:00.000Z';
  assert.deepEqual(await tokens.verify('good'), ann);
  assert.deepEqual(await tokens.verify('good', earlier), ann);
  assert.deepEqual(asked, ['good', 'good'], 'it may not have begun by then');
  assert.deepEqual(await tokens.verify('good', '2026-03-01T11:30:00.000Z'), ann);
  assert.deepEqual(await tokens.verify('good', START), ann);
  assert.deepEqual(asked, ['good', 'good']);
  assert.equal(
    await tokens.verify('good', END),
    undefined,
    'what is behind its end is asked, though the clock is before it',
  );
  assert.deepEqual(asked, ['good', 'good', 'good']);
  assert.deepEqual(await tokens.verify('good', earlier), ann, 'a no at one moment forgets no yes at another');
  assert.deepEqual(asked, ['good', 'good', 'good']);
});

test('nothing is remembered of keys that have become others, nor what was being verified by them', async () => {
  const clock = simulatedClock({ start: START });
  let keys = ['stolen'];
  const answers = new Map([['forged', ann]]);
  let hold: Promise<void> | undefined;
  const verify = async (token: string) => {
    const found = answers.get(token);
    await hold;
    return found;
  };
  const tokens = rememberedVerifier({ verify }, clock, () => keys);
  assert.equal(await tokens.verify('forged'), ann);
  answers.clear();
  assert.equal(await tokens.verify('forged'), ann, 'the rest of this test rests on this');
  keys = ['another'];
  assert.equal(await tokens.verify('forged'), undefined);

  answers.set('forged', ann);
  const held = Promise.withResolvers<void>();
  hold = held.promise;
  const under = tokens.verify('forged');
  keys = ['a third'];
  answers.clear();
  const between = tokens.verify('another');
  held.resolve();
  await Promise.all([under, between]);
  assert.equal(await tokens.verify('forged'), undefined);
});
