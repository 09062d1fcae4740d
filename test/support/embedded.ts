import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { openLog } from '#compose/log.ts';
import { type Platform, type PlatformOptions, startPlatform } from '#compose/platform.ts';
import { readConfig } from '#config';
import { unrationed } from '#demo/platform.ts';
import { settingsForTests } from './transport.ts';

/**
 * The real platform in this process, on a port and in a folder of its own; it stops behind the last test of the file.
 *
 * @param log what becomes of each line that it logs, from `level` on
 */
export async function startHere(
  environment: Readonly<Record<string, string>>,
  log: { readonly level: Parameters<typeof openLog>[0]; readonly write: (line: string) => void } = {
    level: 'fatal',
    write() {},
  },
  limits: PlatformOptions['limits'] = {},
  more: Pick<PlatformOptions, 'accountPages'> = {},
): Promise<Platform> {
  const folder = await mkdtemp(join(tmpdir(), 'annals-here-'));
  const platform = await startPlatform({
    config: readConfig({
      ...{ PORT: '0', DATA_DIR: folder },
      ...unrationed,
      ...settingsForTests(),
      ...environment,
    }),
    version: 'test',
    log: openLog(log.level, { write: log.write }),
    onFatal: (error) => assert.fail(error),
    limits,
    ...more,
  });
  after(async () => {
    await platform.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return platform;
}
