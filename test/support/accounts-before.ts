import assert from 'node:assert/strict';
import { openPersonKeys } from '#compose/person-keys.ts';
import { openHistory } from '#compose/stores.ts';
import { readConfig } from '#config';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { systemClock } from '#engines/clock/system.ts';
import type { Pipeline } from '#write-side/pipeline/pipeline.ts';
import { door, givenAccounts, registering } from './accounts.ts';
import { someone } from './platform.ts';

export const annsSession = 'session-of-ann';
export const system = 'web';

/** An account, a profile and a session of Ann's, and a system: the commands that make them are the door's alone, and no port takes them. */
export async function moveIn({ dispatch }: Pick<Pipeline, 'dispatch'>): Promise<void> {
  const web = { client: system, name: 'Web', grantTypes: ['authorization_code'], redirectUris: [] };
  const session = { session: annsSession, client: system, address: '203.0.113.9' };
  const ann = { person: 'ann' };
  const sent = [
    ['Register', registering('ann')],
    ['VerifyEmail', ann],
    ['CreateProfile', { name: 'Ann Onym', address: '1 Street' }, someone('ann', 'bidder')],
    [
      'OpenSession',
      { ...ann, ...session, expiresAt: '2100-01-01T00:00:00.000Z', provenAt: '2099-01-01T00:00:00.000Z' },
    ],
    ['RegisterClient', { ...web, by: 'adam', verifier: 'hashed' }],
  ] as const;
  for (const [command, data, actor = door] of sent) {
    const origin = { channel: 'http' } as const;
    const reply = await dispatch({
      command,
      data,
      commandId: `moving in: ${command}`.replaceAll(' ', '-'),
      actor,
      origin,
    });
    assert.equal(reply.outcome, 'accepted', command);
  }
}

/** Writes them into the history of a platform that is not started yet. */
export async function accountsIn(folder: string): Promise<void> {
  // As the simulated clock of a platform begins.
  const clock = simulatedClock({ start: '2026-01-01T00:00:00.000Z' });
  const store = await openHistory({ profile: 'embedded', folder }, { clock });
  const personKeys = await openPersonKeys(readConfig({ DATA_DIR: folder }), systemClock());
  const { pipeline } = givenAccounts({ store, personKeys, clock });
  await moveIn(pipeline);
  await pipeline.drain();
  await personKeys.close();
  await store.close();
}
