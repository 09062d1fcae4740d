import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '#engines/clock/system.ts';
import { joseIssuer, newSigningKey } from '#engines/tokens/jose.ts';
import { dataFolder } from './booted.ts';

const NAME = 'annals';
const HOUR_MS = 3_600_000;

/** All that production has to be given for a rehearsal, and somebody who issues tokens outside of it. */
export async function productionSetup() {
  const folder = await dataFolder();
  const key = await newSigningKey();
  const { d: _private, ...publicKey } = key;
  const keyFile = join(folder, 'public.json');
  await writeFile(keyFile, JSON.stringify(publicKey));
  const masterKeyFile = join(folder, 'master.key');
  await writeFile(masterKeyFile, randomBytes(32));
  const issuer = await joseIssuer({ key, issuer: NAME, audience: NAME, clock: systemClock() });
  return {
    folder,
    environment: {
      NODE_ENV: 'production',
      DATA_DIR: join(folder, 'data'),
      TOKEN_KEY_FILE: keyFile,
      MASTER_KEY_FILE: masterKeyFile,
      WEBHOOK_SECRET: 'a secret that only the provider knows',
      PUBLIC_URL: 'https://auctions.example',
      SIMULATED: 'payments,mail',
      ...{ OPERATIONS_PORT: '0', SHUTDOWN_DELAY_MS: '0' },
    },
    async authorization(id: string, ...roles: Parameters<typeof issuer.issue>[0]['roles']): Promise<string> {
      const { token } = await issuer.issue({ id, roles, reputation: 0, steppedUp: true }, HOUR_MS);
      return `Bearer ${token}`;
    },
  };
}
