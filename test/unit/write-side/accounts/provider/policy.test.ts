import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { simulatedClock } from '#engines/clock/simulated.ts';
import type { Known } from '#write-side/accounts/known.ts';
import { policy } from '#write-side/accounts/provider/policy.ts';

const known = { account: async () => undefined } as unknown as Known;
const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });

/** What the checks of signing in say of a browser in which Ann is signed in. */
async function checked(Account: object | undefined): Promise<readonly unknown[]> {
  const oidc = {
    ...{ session: { accountId: 'ann', past: () => false }, entities: { Account }, account: Account },
    ...{ params: {}, prompts: new Set(), claims: {}, promptPending: () => false },
  };
  const context = { oidc } as unknown as KoaContextWithOIDC;
  const checks = [...(policy({ known, clock }).get('login')?.checks ?? [])];
  return Promise.all(checks.map(async ({ check }) => check(context)));
}

test('whoever was locked since their session was looked at is refused, and nobody else is asked to come in anew', async () => {
  assert.ok((await checked({ accountId: 'ann' })).every((says) => says === false));
  await assert.rejects(checked(undefined), { name: 'AccessDenied' });
});
