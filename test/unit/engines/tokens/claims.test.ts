import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AS_OF } from '#domain/kernel/ports/tokens.ts';
import { Claims, identityOf } from '#engines/tokens/claims.ts';

test('what was read for a token is believed of our own provider alone, and whatever else is called so hinders nobody', () => {
  const said = { sub: 'ann', roles: ['bidder'], exp: 1_800_000_000 };
  const read = (asOf: unknown) => Claims.parse({ ...said, [AS_OF]: asOf });
  assert.deepEqual(identityOf(read(3), true).token, { asOf: 3 });
  assert.deepEqual(identityOf(read(3)).token, {});
  for (const other of ['yesterday', -1, 1.5]) assert.deepEqual(identityOf(read(other), true).token, {});
});
