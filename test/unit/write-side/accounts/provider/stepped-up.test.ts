import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProof } from '#domain/accounts/account/second-factor.ts';
import { STEPPED_UP, STEPPED_UP_MS } from '#domain/kernel/ports/tokens.ts';
import { isSteppedUp } from '#write-side/accounts/provider/stepped-up.ts';

const NOW_MS = Date.parse('2026-03-01T12:00:00.000Z');
const none = { totp: undefined, passkeys: [] };
const app = { totp: { secret: 's', lastStep: 0, since: 'e1' }, passkeys: [] };
const key = { totp: undefined, passkeys: [{ passkey: 'p', credential: 'c', counter: 0 }] };

test('a password alone is no proof where there is another factor, and anything beside it is', () => {
  for (const methods of [undefined, [], ['pwd'], ['pwd', 'pwd']]) {
    assert.equal(isProof(methods, none), true);
    assert.equal(isProof(methods, app), false);
    assert.equal(isProof(methods, key), false);
  }
  for (const methods of [['pwd', 'otp'], ['hwk'], ['recovery', 'pwd']])
    for (const factors of [none, app, key]) assert.equal(isProof(methods, factors), true);
});

test('a proof is one for ten minutes, as the pages say in words, and as its account wants it now', () => {
  assert.equal(STEPPED_UP_MS, 10 * 60_000);
  const proof = { acr: STEPPED_UP, amr: ['pwd'], authTime: NOW_MS / 1_000 };
  assert.equal(isSteppedUp(proof, none, NOW_MS + STEPPED_UP_MS - 1), true);
  assert.equal(isSteppedUp(proof, none, NOW_MS + STEPPED_UP_MS), false);
  assert.equal(isSteppedUp(proof, app, NOW_MS), false, 'an app has come since');
  assert.equal(isSteppedUp({ ...proof, amr: ['pwd', 'otp'] }, app, NOW_MS), true);
  assert.equal(isSteppedUp({ ...proof, acr: undefined }, none, NOW_MS), false);
  assert.equal(isSteppedUp({ acr: STEPPED_UP }, none, NOW_MS), false, 'nobody knows when');
  assert.equal(isSteppedUp(proof, undefined, NOW_MS), false);
});
