import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { mortalPlatform } from './mortal-platform.ts';

const folder = mkdtempSync(join(tmpdir(), 'annals-ready-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a platform that is told to stop the moment it says that it is ready stops in order', async () => {
  const platform = await mortalPlatform({ folder: join(folder, 'data') });
  try {
    for (let life = 1; life <= 3; life++) {
      assert.ok(await platform.start(), platform.output());
      assert.equal(await platform.stop(), 0, `life ${life}: ${platform.output()}`);
    }
  } finally {
    await platform.kill();
  }
});
