import assert from 'node:assert/strict';
import { openPersonKeys } from '#compose/person-keys.ts';
import { openHistory } from '#compose/stores.ts';
import { readConfig } from '#config';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { systemClock } from '#engines/clock/system.ts';
import { door, givenAccounts, registering } from './accounts.ts';
import { someone } from './platform.ts';

/** Of whoever has an account before the platform starts: the commands that make one are the door's alone, and no port takes them. */
export const annsSession = 'session-of-ann';
export const system = 'web';

/** Writes the history of a platform that is not started yet: an account, a profile and a session of Ann's, and a system. */
export async function accountsIn(folder: string): Promise<void> {
  const clock = simulatedClock({ start: '2026-01-01T00:00:00.000Z' });
  const store = await openHistory({ profile: 'embedded', folder }, { clock });
  const personKeys = await openPersonKeys(readConfig({ DATA_DIR: folder }), systemClock());
  const { tell, pipeline } = givenAccounts({ store, personKeys, clock });
  const web = { client: system, name: 'Web', grantTypes: ['authorization_code'], redirectUris: [] };
  const session = { session: annsSession, client: system, address: '203.0.113.9' };
  const ann = { person: 'ann' };
  const sent = [
    ['Register', registering('ann')],
    ['VerifyEmail', ann],
    ['CreateProfile', { name: 'Ann Onym', address: '1 Street' }, someone('ann', 'bidder')],
    ['OpenSession', { ...ann, ...session, expiresAt: '2100-01-01T00:00:00.000Z' }],
    ['RegisterClient', { ...web, by: 'adam', verifier: 'hashed' }],
  ] as const;
  for (const [command, data, by = door] of sent)
    assert.equal(await tell(command, data, by), 'accepted', command);
  await pipeline.drain();
  await personKeys.close();
  await store.close();
}
