import assert from 'node:assert/strict';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { boot, dataFolder, quickly } from '#test/support/booted.ts';
import { customerAt, healthOf, openWallet, signIn } from '#test/support/customer.ts';
import { effectsOf, filesIn } from './history-file.ts';
import { refusedStart } from './operator.ts';

// Folders, files and keys that a start cannot use, and a folder that is in use.

/** To root every folder is open, unless it gives up that right: then it is like anybody else. */
const LIKE_ANYBODY =
  process.getuid?.() === 0
    ? quickly({
        around: [
          ...['setpriv', '--bounding-set', '-dac_override,-dac_read_search'],
          ...['--inh-caps', '-dac_override,-dac_read_search'],
        ],
      })
    : quickly();

describe('a data folder that cannot be used', () => {
  test('is refused as a setting to change, in one line that names it, and nothing is left in it', async () => {
    const folder = await dataFolder();
    const file = join(folder, 'file');
    await writeFile(file, 'somebody’s');
    const closed = join(folder, 'closed');
    await mkdir(closed, { mode: 0o555 });
    const refused: readonly (readonly [dataDir: string, says: RegExp])[] = [
      [
        file,
        /^DATA_DIR cannot be used: .*\/file is no folder\. It names a folder that this user may write to\.$/,
      ],
      [closed, /^DATA_DIR cannot be used: EACCES: permission denied, access '.*\/closed'/],
      // Where no folder can ever be made; Node's own recursive way would try for ever.
      ['/proc/annals/data', /^DATA_DIR cannot be used: ENOENT.*mkdir '\/proc\/annals'/],
    ];
    await Promise.all(
      refused.map(([dataDir, says]) => refusedStart({ DATA_DIR: dataDir }, { code: 78, says }, LIKE_ANYBODY)),
    );
    assert.deepEqual(filesIn(closed), []);
  });

  test('a database that may only be read is refused before it is opened, and serves again when it may be written', async () => {
    const folder = await dataFolder();
    const first = boot({ DATA_DIR: folder }, LIKE_ANYBODY);
    const url = await first.address();
    const ann = await signIn(url, 'ann', ['bidder']);
    const opened = await openWallet(ann, 'one');
    first.kill('SIGTERM');
    assert.equal(await first.exited, 0, first.output());
    await chmod(join(folder, 'events.db'), 0o444);
    const says = /^DATA_DIR cannot be used: EACCES: permission denied, access '.*\/events\.db'/;
    await refusedStart({ DATA_DIR: folder }, { code: 78, says }, LIKE_ANYBODY);
    await chmod(join(folder, 'events.db'), 0o644);
    const second = boot({ DATA_DIR: folder }, LIKE_ANYBODY);
    const again = customerAt(await second.address(), ann.authorization);
    assert.deepEqual(await openWallet(again, 'one'), opened);
  });
});

describe('a second instance on the same folder', () => {
  test('is refused and told who holds it, disturbs nobody, and starts at once when the first was killed', async () => {
    const folder = await dataFolder();
    const first = boot({ DATA_DIR: folder }, quickly());
    const url = await first.address();
    const ann = await signIn(url, 'ann', ['bidder']);
    const opened = await openWallet(ann, 'one');
    const holder = process.platform === 'linux' ? ` \\(${first.pid}\\)` : '';
    const says = new RegExp(`^another process${holder} writes to ${folder}; only one may$`);
    await refusedStart({ DATA_DIR: folder }, { code: 69, says });
    // The lock does not hang on the name of its file, which looks like a leftover.
    await rm(join(folder, 'events.lock'));
    await refusedStart({ DATA_DIR: folder }, { code: 69, says });
    const bob = await signIn(url, 'bob', ['bidder']);
    const token = String((await openWallet(bob, 'two')).body.token);
    const read = await bob.query(`{ wallet(currency: "USD", atLeast: "${token}") { available } }`);
    assert.deepEqual(read.body, { data: { wallet: { available: '0' } } });
    assert.equal((await healthOf(url)).status, 'ready');

    first.kill('SIGKILL');
    assert.equal(await first.exited, null);
    const second = boot({ DATA_DIR: folder }, quickly());
    const again = customerAt(await second.address(), ann.authorization);
    assert.deepEqual(await openWallet(again, 'one'), opened);
    second.kill('SIGTERM');
    assert.equal(await second.exited, 0, second.output());
    assert.deepEqual(effectsOf(folder, ['one', 'two']), [1, 1]);
  });
});

describe('a key that tokens cannot be signed with', () => {
  test('is refused by name, and never written over', async () => {
    const folder = await dataFolder();
    const keys: Readonly<Record<string, string>> = {
      'wrong.json': JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: 'short', d: 'short' }),
    };
    for (const [name, text] of Object.entries(keys)) await writeFile(join(folder, name), text);
    const given = [...Object.keys(keys), 'missing.json'].map((name) => {
      const makes = name in keys ? '' : ' is not there; .*generateKeyPairSync';
      const says = new RegExp(`^TOKEN_KEY_FILE cannot be used: .*${name}${makes}`);
      const TOKEN_KEY_FILE = join(folder, name);
      return refusedStart({ DATA_DIR: join(folder, `for-${name}`), TOKEN_KEY_FILE }, { code: 78, says });
    });
    await Promise.all(given);
  });
});
