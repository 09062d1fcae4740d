import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { serviceKeyOf } from '#compose/service-key.ts';
import { readConfig } from '#config';
import { EXIT, exitCodeOf } from '#exit';

const folder = mkdtempSync(join(tmpdir(), 'annals-service-'));
after(() => rm(folder, { recursive: true }));

const keyOf = async (environment: Record<string, string>) =>
  (await serviceKeyOf(readConfig(environment))).keyFor('calls');

async function refused(environment: Record<string, string>, code: number, says: string): Promise<void> {
  await assert.rejects(serviceKeyOf(readConfig(environment)), (error: Error) => {
    assert.ok(error.message.startsWith(says), error.message);
    assert.equal(exitCodeOf(error), code);
    return true;
  });
}

test('roles share the secret of the file that is set, and in development one that is made in the data folder', async () => {
  const DATA_DIR = join(folder, 'data');
  const made = await keyOf({ DATA_DIR });
  assert.deepEqual(await keyOf({ DATA_DIR }), made);
  const SERVICE_KEY_FILE = join(folder, 'given.key');
  await writeFile(SERVICE_KEY_FILE, 'g'.repeat(32));
  const given = await keyOf({ DATA_DIR, SERVICE_KEY_FILE });
  assert.notDeepEqual(given, made);
  assert.deepEqual(await keyOf({ DATA_DIR: join(folder, 'elsewhere'), SERVICE_KEY_FILE }), given);
});

test('a secret that cannot be used is refused by the setting, or the file, and never written over', async () => {
  const missing = join(folder, 'missing.key');
  await refused({ SERVICE_KEY_FILE: missing }, EXIT.unusable, 'SERVICE_KEY_FILE cannot be used: ENOENT');
  const short = join(folder, 'service.key');
  await writeFile(short, 'short');
  const says = `${short} holds no secret of 32 to 4096 bytes`;
  await refused({ SERVICE_KEY_FILE: short }, EXIT.unusable, `SERVICE_KEY_FILE cannot be used: ${says}`);
  await refused({ DATA_DIR: folder }, EXIT.damaged, `${says}. Nothing was changed. Delete it`);
  await refused({ DATA_DIR: join(short, 'data') }, EXIT.unusable, 'DATA_DIR cannot be used: ENOTDIR');
});
