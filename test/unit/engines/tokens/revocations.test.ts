import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, later, millisecondsOf } from '#domain/kernel/instant.ts';
import type { TokenNames } from '#domain/kernel/ports/tokens.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { revocableVerifier, revocationsHere } from '#engines/tokens/revocations.ts';

const START = '2026-03-01T12:00:00.500Z';
const END = '2026-03-01T13:00:00.000Z';
const known = (id: string, token: TokenNames = {}) => ({
  actor: { id, roles: [], reputation: 0 },
  expiresAt: END,
  token,
  steppedUp: false,
});
/** As tokens say it: in whole seconds. */
const issued = (moment: string) => ({ issuedAt: instant(Math.floor(millisecondsOf(moment) / 1000) * 1000) });

test('a token is revoked by its own id, by its session or by its person, and no other is', () => {
  const revocations = revocationsHere(simulatedClock({ start: START }));
  revocations.revoke({ token: 't1' }, END);
  revocations.revoke({ session: 's1' }, END);
  revocations.revoke({ person: 'eve' }, END);
  for (const identity of [
    known('ann', { id: 't1' }),
    known('ann', { session: 's1', id: 't9' }),
    known('eve'),
  ])
    assert.ok(revocations.isRevoked(identity), JSON.stringify(identity));
  for (const identity of [
    known('ann'),
    known('ann', { id: 's1', session: 't1' }),
    known('t1', { id: 'eve', session: 'eve' }),
  ])
    assert.ok(!revocations.isRevoked(identity), JSON.stringify(identity));
});

test('what a password alone has proven is revoked by itself, and nothing else of its person', () => {
  const revocations = revocationsHere(simulatedClock({ start: START }));
  revocations.revoke({ passwordOf: 'ann' }, END, { revision: 7 });
  const of = (steppedUpBy: readonly string[] | undefined, asOf = 6) =>
    revocations.isRevoked(known('ann', { ...issued(START), asOf, steppedUpBy }));
  assert.deepEqual(
    [of(['pwd']), of(['pwd', 'otp']), of(undefined), of(['pwd'], 7)],
    [true, false, false, false],
  );
});

test('what a person is issued behind the second of the revocation stands, until the next one', () => {
  const clock = simulatedClock({ start: START });
  const revocations = revocationsHere(clock);
  const before = known('ann', issued(START));
  revocations.revoke({ person: 'ann' }, END);
  assert.ok(revocations.isRevoked(before));
  clock.advanceTo(later(START, 1_000));
  const behind = known('ann', issued(clock.now()));
  assert.ok(!revocations.isRevoked(behind));
  assert.ok(revocations.isRevoked(before));
  revocations.revoke({ person: 'ann' }, later(END, -1));
  assert.ok(revocations.isRevoked(behind));
});

test('a token that tells what was read for it is judged by that in the second of a revocation, and by its second where that is another', () => {
  const revocations = revocationsHere(simulatedClock({ start: START }));
  revocations.revoke({ person: 'ann' }, END, { since: START, revision: 7 });
  const of = (asOf: number, moment: string) => known('ann', { ...issued(moment), asOf });
  assert.ok(!revocations.isRevoked(of(7, START)), 'a role was withdrawn, and the next token knows it');
  assert.ok(revocations.isRevoked(of(6, START)));
  const later_ = later(START, 1_000);
  assert.ok(revocations.isRevoked(of(6, later_)), 'it was recorded while the token was made');
  assert.ok(revocations.isRevoked(of(9, later(START, -1_000))), 'of a history that was cut since');
  revocations.revoke({ person: 'ann' }, END, { since: later(START, -60_000), revision: 3 });
  assert.ok(revocations.isRevoked(of(6, START)), 'what is told later may be of before');
  assert.ok(!revocations.isRevoked(of(7, START)));
  revocations.revoke({ person: 'ann' }, END, { since: START });
  assert.ok(
    revocations.isRevoked(of(7, START)),
    'by a revocation that tells the time alone the second counts',
  );
});

test('whoever watches is told once, and of what was revoked before at once', () => {
  const clock = simulatedClock({ start: START });
  const revocations = revocationsHere(clock);
  const told: string[] = [];
  const one = known('ann', { id: 't1', session: 's1', ...issued(START) });
  revocations.watch(one, () => told.push('one'));
  revocations.watch(known('bob', { session: 's2' }), () => told.push('another'));
  revocations.watch(known('ann', issued(later(START, 10_000))), () => told.push('later'));
  const end = revocations.watch(one, () => told.push('ended'));
  end();
  revocations.revoke({ session: 's1' }, END);
  revocations.revoke({ token: 't1' }, END);
  revocations.revoke({ person: 'ann' }, END);
  assert.deepEqual(told, ['one']);
  revocations.watch(one, () => told.push('at once'));
  assert.deepEqual(told, ['one', 'at once']);
});

test('one that still holds is never forgotten: where there are too many, all that was issued until then ends', () => {
  const clock = simulatedClock({ start: START });
  const revocations = revocationsHere(clock, { most: 2 });
  const told: string[] = [];
  const before = known('bob', { id: 't9', ...issued(START) });
  revocations.watch(before, () => told.push('bob'));
  revocations.revoke({ token: 't1' }, END);
  revocations.revoke({ token: 't2' }, later(END, 600_000));
  revocations.revoke({ token: 't1' }, END);
  assert.ok(!revocations.isRevoked(before), 'the same one again takes no room');
  revocations.revoke({ token: 't3' }, END);
  for (const id of ['t1', 't2', 't3'])
    assert.ok(revocations.isRevoked(known('ann', { id, ...issued(START) })), id);
  assert.deepEqual([revocations.isRevoked(before), told], [true, ['bob']]);
  clock.advanceTo(later(START, 1_000));
  const behind = issued(clock.now());
  assert.ok(!revocations.isRevoked(known('bob', { id: 't10', ...behind })), 'another one is taken');
  assert.ok(revocations.isRevoked(known('ann', { id: 't3', ...behind })));
});

test('what has ended by itself makes room', () => {
  const clock = simulatedClock({ start: START });
  const revocations = revocationsHere(clock, { most: 2 });
  for (const token of ['t1', 't2']) revocations.revoke({ token }, END);
  clock.advanceTo(later(END, 120_000));
  revocations.revoke({ token: 't3' }, later(END, 600_000));
  assert.ok(!revocations.isRevoked(known('bob', { id: 't9', ...issued(START) })));
});

test('where tokens are dated by another clock, one that is a little ahead of ours is from before', () => {
  const revocations = revocationsHere(simulatedClock({ start: START }), { skewMs: 5_000 });
  revocations.revoke({ person: 'ann' }, END);
  assert.ok(revocations.isRevoked(known('ann', issued(later(START, 4_000)))));
  assert.ok(!revocations.isRevoked(known('ann', issued(later(START, 6_000)))));
});

test('a token that was good is none behind its revocation, whatever the moment at which it is judged', async () => {
  const revocations = revocationsHere(simulatedClock({ start: START }));
  const identity = known('ann', { id: 't1' });
  const tokens = revocableVerifier({ verify: async () => identity }, revocations);
  assert.equal(await tokens.verify('x'), identity);
  revocations.revoke({ token: 't1' }, END);
  assert.equal(await tokens.verify('x'), undefined);
  assert.equal(await tokens.verify('x', later(START, -1_000)), undefined);
});
