import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { boot, dataFolder } from '#test/support/booted.ts';
import { type Answer, customerAt, effectsOf, healthOf, openWallet, signIn } from './customer.ts';
import { type Injection, inject } from './injection.ts';
import { linesOf } from './operator.ts';

// A disk that answers EIO, under the real process.

const NODE = [process.execPath];
const WAITING = 12;

/** What everybody got who asked at once: an answer, or the end of the connection. */
const all = async (asked: readonly Promise<Answer>[]): Promise<readonly (Answer | undefined)[]> =>
  (await Promise.allSettled(asked)).map((each) => (each.status === 'fulfilled' ? each.value : undefined));

const failures: Readonly<Record<string, Pick<Injection, 'calls' | 'when'>>> = {
  'making the log durable fails once, and would work again': { calls: ['fsync', 'fdatasync'], when: '1' },
  'a write to the log fails half-way through a commit': { calls: ['pwrite64'], when: '3' },
};

describe('when the disk of the history answers EIO', () => {
  for (const [failure, fault] of Object.entries(failures))
    test(`${failure}: unknown to those who wait, the end of the process, and one effect after the restart`, async () => {
      const folder = await dataFolder();
      const first = boot({ DATA_DIR: folder }, NODE);
      const url = await first.address();
      const people = await Promise.all(
        Array.from({ length: WAITING }, (_, at) => signIn(url, `person-${at}`, ['bidder'])),
      );
      const acknowledged = await signIn(url, 'early', ['bidder']);
      const before = await openWallet(acknowledged, 'early');
      assert.equal(before.status, 200);

      const injected = await inject(first.pid, {
        ...fault,
        error: 'EIO',
        files: [join(folder, 'events.db-wal')],
      });
      const ids = people.map((_, at) => `command-${at}`);
      const answers = await all(people.map((who, at) => openWallet(who, `command-${at}`)));
      // Who came after the port was closed got no answer at all, which says no more.
      const told = answers.filter((answer) => answer !== undefined);
      assert.ok(told.length > 0, 'those who wait are told');
      for (const { status, body } of told) {
        assert.deepEqual([status, body.code], [503, 'unavailable'], 'and never told a yes');
        assert.match(String(body.message), /same command id again to learn the outcome/);
      }
      assert.equal(await first.exited, 69, first.output());
      await injected.end();
      assert.equal(injected.count(), 1, 'the fault was met');
      assert.match(
        linesOf(first).at(-1) ?? '',
        /the event store has stopped: .*events\.db cannot be used: disk I\/O error/,
      );
      assert.match(linesOf(first).at(-1) ?? '', /Start again .* same command id\.$/);

      const second = boot({ DATA_DIR: folder }, NODE);
      const again = await second.address();
      const repeats = await all(
        people.map((who, at) => openWallet(customerAt(again, who.authorization), `command-${at}`)),
      );
      const once = await all(
        people.map((who, at) => openWallet(customerAt(again, who.authorization), `command-${at}`)),
      );
      for (const answer of repeats) assert.equal(answer?.status, 200, JSON.stringify(answer));
      assert.deepEqual(once, repeats, 'a command id has one answer');
      assert.deepEqual(await openWallet(customerAt(again, acknowledged.authorization), 'early'), before);
      second.kill('SIGTERM');
      assert.equal(await second.exited, 0, second.output());
      assert.deepEqual(
        effectsOf(folder, ['early', ...ids]),
        Array.from({ length: WAITING + 1 }, () => 1),
      );
    });

  test('reads that fail for a moment are a no for whoever asked, or cost nobody anything, and the process goes on', async () => {
    const folder = await dataFolder();
    const platform = boot({ DATA_DIR: folder }, NODE);
    const url = await platform.address();
    const ann = await signIn(url, 'ann', ['bidder']);
    assert.equal((await openWallet(ann, 'one')).status, 200);
    const files = ['events.db', 'events.db-wal'].map((name) => join(folder, name));
    const injected = await inject(platform.pid, {
      calls: ['pread64'],
      error: 'EIO',
      files,
      when: '1',
      mainThreadOnly: true,
    });
    const bob = await signIn(url, 'bob', ['bidder']);
    const refused = await openWallet(bob, 'two');
    await injected.end();
    // What lies in the caches of the database need not be read.
    assert.ok(injected.count() <= 1);
    if (refused.status !== 200) assert.deepEqual([refused.status, refused.body.code], [503, 'unavailable']);
    assert.equal((await openWallet(bob, 'two')).status, 200);
    // Where it was the views that met it, they say so until they have read again.
    for (let tries = 0; tries < 100 && (await healthOf(url)).status !== 'ready'; tries++) await pause(50);
    assert.equal((await healthOf(url)).status, 'ready');
    platform.kill('SIGTERM');
    assert.equal(await platform.exited, 0, platform.output());
    assert.deepEqual(effectsOf(folder, ['one', 'two']), [1, 1]);
  });
});
