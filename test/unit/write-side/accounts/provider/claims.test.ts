import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AS_OF } from '#domain/kernel/ports/tokens.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import type { KnownClient } from '#write-side/accounts/known.ts';
import { tokenClaims } from '#write-side/accounts/provider/claims.ts';
import type { ProviderOptions } from '#write-side/accounts/provider/surroundings.ts';

const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });

test('a token of a system is as old as the look at its secret, whatever was recorded since', async () => {
  const robot: Pick<KnownClient, 'revision' | 'roles' | 'keepers'> = {
    ...{ revision: 4, roles: ['clerk'], keepers: ['ada'] },
  };
  const known = { client: async () => robot };
  const claims = tokenClaims({ known, clock } as unknown as ProviderOptions);
  const asked = { oidc: { client: { [AS_OF]: 3 } } } as unknown as Parameters<typeof claims>[0];
  const token = { kind: 'ClientCredentials', clientId: 'robot' } as Parameters<typeof claims>[1];
  assert.deepEqual(await claims(asked, token), { roles: ['clerk'], keepers: ['ada'], [AS_OF]: 3 });
});
