import assert from 'node:assert/strict';
import { test } from 'node:test';
import { later } from '#domain/kernel/instant.ts';
import type { TokenNames } from '#domain/kernel/ports/tokens.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { boundedVerifier } from '#engines/tokens/bounded.ts';

const START = '2026-03-01T12:00:00.000Z';
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const bounded = (token: TokenNames, expiresAt: string) =>
  boundedVerifier(
    {
      verify: async () => ({
        actor: { id: 'ann', roles: ['bidder'], reputation: 0 },
        ...{ expiresAt, token, steppedUp: true },
      }),
    },
    simulatedClock({ start: START }),
  );

test('no token holds for longer than what is revoked is remembered, or says nothing of when it was issued', async () => {
  assert.ok(await bounded({ issuedAt: START }, later(START, DAY_MS)).verify('x'));
  assert.equal(await bounded({ issuedAt: START }, later(START, DAY_MS + 1)).verify('x'), undefined);
  assert.equal(await bounded({}, later(START, MINUTE_MS)).verify('x'), undefined);
});

test('a step-up counts for a quarter of an hour from when somebody has proven who they are', async () => {
  const end = later(START, DAY_MS);
  const at = (token: TokenNames, ms: number) => bounded(token, end).verify('x', later(START, ms));
  assert.equal((await at({ issuedAt: START }, 15 * MINUTE_MS))?.steppedUp, true);
  assert.equal((await at({ issuedAt: START }, 15 * MINUTE_MS + 1))?.steppedUp, false);
  const proven = { issuedAt: START, provenAt: later(START, -10 * MINUTE_MS) };
  assert.equal((await at(proven, 5 * MINUTE_MS))?.steppedUp, true);
  assert.equal((await at(proven, 6 * MINUTE_MS))?.steppedUp, false);
});
