import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { openLog } from '#compose/log.ts';
import { startPlatform } from '#compose/platform.ts';
import { openStores } from '#compose/stores.ts';
import { readConfig } from '#config';
import { systemClock } from '#engines/clock/system.ts';

// A start that comes to nothing leaves the folder to the next one in the same process, and nothing that runs.

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'annals-failed-'));
  return () => rmSync(folder, { recursive: true, force: true });
});

const start = (environment: Readonly<Record<string, string>>) =>
  startPlatform({
    config: readConfig({ PORT: '0', DATA_DIR: folder, ...environment }),
    version: 'test',
    log: openLog('fatal', { write: () => undefined }),
    onFatal: (error) => assert.fail(error),
  });
const isFree = async (): Promise<void> =>
  (await openStores({ profile: 'embedded', folder }, { clock: systemClock() })).close();

test('a port that is taken', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as { port: number };
  await assert.rejects(
    start({ PORT: String(port), HOST: '127.0.0.1', OPERATIONS_PORT: '0' }),
    /^UnusableError: PORT and HOST/,
  );
  await isFree();
});

test('a ledger of payments that is damaged', async () => {
  writeFileSync(join(folder, 'provider.db'), 'this was a ledger once'.repeat(1_000));
  await assert.rejects(start({}), /provider\.db/);
  await isFree();
  rmSync(join(folder, 'provider.db'));
  await (await start({})).stop();
});
