import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Chain } from '#runtime/chain.ts';
import { followedChains } from '#runtime/followed-chains.ts';

const event = (eventId: string) => ({ eventId }) as RecordedEvent;
const whole: Chain = { events: [], unanswered: undefined };
const short: Chain = { events: [], unanswered: { command: 'Go', commandId: '1', why: 'overloaded' } };

test('only a chain that came to its end counts as followed', async () => {
  const chains = followedChains();
  chains.follow(event('a'), Promise.resolve(whole));
  chains.follow(event('b'), Promise.resolve(short));
  chains.follow(event('c'), Promise.reject(new Error('too long')));
  assert.equal(await chains.toTheEnd(event('a')), true);
  assert.equal(await chains.toTheEnd(event('b')), false);
  assert.equal(await chains.toTheEnd(event('c')), false);
  assert.equal(await chains.toTheEnd(event('never met')), false);
});

test('whoever asks while it is followed waits for its end', async () => {
  const chains = followedChains();
  const { promise, resolve } = Promise.withResolvers<Chain>();
  chains.follow(event('a'), promise);
  let answer: boolean | undefined;
  const asked = chains.toTheEnd(event('a')).then((known) => {
    answer = known;
  });
  await Promise.resolve();
  assert.equal(answer, undefined);
  resolve(whole);
  await asked;
  assert.equal(answer, true);
});

test('the oldest are forgotten, and are simply followed once more', async () => {
  const chains = followedChains();
  for (let at = 0; at <= 20_000; at++) chains.follow(event(String(at)), Promise.resolve(whole));
  assert.equal(await chains.toTheEnd(event('0')), false);
  assert.equal(await chains.toTheEnd(event('1')), true);
});
