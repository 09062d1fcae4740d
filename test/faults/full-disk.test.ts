import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { boot, dataFolder, quickly } from '#test/support/booted.ts';
import { type Answer, customerAt, healthOf, openWallet, signIn } from '#test/support/customer.ts';
import { until } from '#test/support/until.ts';
import { effectsOf } from './history-file.ts';
import { inject } from './injection.ts';
import { linesOf, refusedStart } from './operator.ts';
import { smallDisk } from './small-disk.ts';

// No space left, under the real process.

const FULL = /events\.(db|lock) cannot be used: database or disk is full\. Make room on its disk\./;

describe('a full disk', () => {
  test('ends the process with what to do, is refused at the start, and costs nothing that was acknowledged', async (t) => {
    const disk = await smallDisk();
    t.diagnostic(`the disk is ${disk.kind}`);
    const environment = { DATA_DIR: disk.dataDir };
    const first = boot(environment, disk.command());
    const url = await first.address();
    const people = await Promise.all([0, 1, 2, 3, 4].map((at) => signIn(url, `person-${at}`, ['bidder'])));
    const [early, stranger, ...late] = people;
    assert.ok(early && stranger);
    const before = await openWallet(early, 'early');
    assert.equal(before.status, 200);
    // Who is known has a key; a stranger's has nowhere to be kept, and nothing is in doubt by it.
    for (const who of late)
      assert.equal((await who.send('wallets/open-wallet', { currency: 'EUR' })).status, 200);

    await disk.fill(first);
    assert.deepEqual(codeOf(await openWallet(stranger, 'early')), [503, 'unavailable']);
    const { components } = await healthOf(url);
    assert.match(String(components['person-keys']?.detail), /keys\.db.*disk is full/);

    const ids = late.map((_, at) => `late-${at}`);
    const asked = late.map((who, at) => openWallet(who, ids[at] ?? ''));
    const answers = await Promise.allSettled(asked);
    assert.equal(await first.exited, 69, first.output());
    for (const answer of answers)
      if (answer.status === 'fulfilled') assert.deepEqual(codeOf(answer.value), [503, 'unavailable']);
    assert.match(linesOf(first).at(-1) ?? '', FULL);
    assert.match(linesOf(first).at(-1) ?? '', /Start again when the disk takes writes/);
    // A process that ends leaves room: its journals go with it.
    await disk.fill(first);
    await refusedStart(environment, { code: 69, says: FULL }, disk.command());

    await disk.free();
    const second = boot(environment, disk.command());
    const again = await second.address();
    assert.deepEqual(await openWallet(customerAt(again, early.authorization), 'early'), before);
    for (const [at, { authorization }] of late.entries()) {
      const repeated = await openWallet(customerAt(again, authorization), ids[at] ?? '');
      assert.equal(repeated.status, 200, JSON.stringify(repeated.body));
    }
    second.kill('SIGTERM');
    assert.equal(await second.exited, 0, second.output());
    // SQLite would resolve the way there to a path of our own.
    const copy = await dataFolder();
    cpSync(disk.seen, copy, { recursive: true });
    assert.deepEqual(effectsOf(copy, ['early', ...ids]), [1, 1, 1, 1]);
  });

  test('under the views alone leaves the history going, is red in health, and heals by itself', async () => {
    const folder = await dataFolder();
    const platform = boot({ DATA_DIR: folder }, quickly());
    const url = await platform.address();
    const ann = await signIn(url, 'ann', ['bidder']);
    const full = await inject(platform.pid, {
      calls: ['pwrite64'],
      error: 'ENOSPC',
      files: ['views.db', 'views.db-wal'].map((name) => join(folder, name)),
    });
    const opened = await openWallet(ann, 'one');
    assert.equal(opened.status, 200, 'decided and durable');
    const red = await until(async () => {
      const health = await healthOf(url);
      // The store knows first, whoever writes there a moment later.
      return health.httpStatus === 503 && health.components.projections?.ready === false && health;
    }, 'health turns red');
    assert.match(String(red.components.projections?.detail), /view:wallets.*database or disk is full/);
    assert.equal(red.components['write-side']?.ready, true);
    assert.ok(full.count() > 0);
    await full.end();

    await until(async () => (await healthOf(url)).status === 'ready', 'health turns green again');
    const read = await ann.query(
      `{ wallet(currency: "USD", atLeast: "${opened.body.token}") { available } }`,
    );
    assert.deepEqual(read.body, { data: { wallet: { available: '0' } } });
    platform.kill('SIGTERM');
    assert.equal(await platform.exited, 0, platform.output());
    assert.deepEqual(effectsOf(folder, ['one']), [1]);
  });
});

const codeOf = ({ status, body }: Answer) => [status, body.code];
