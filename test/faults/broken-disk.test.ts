import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { boot, dataFolder, quickly } from '#test/support/booted.ts';
import { type Answer, customerAt, healthOf, openWallet, signIn } from '#test/support/customer.ts';
import { effectsOf } from './history-file.ts';
import { type Injection, inject } from './injection.ts';
import { linesOf } from './operator.ts';

// A disk that answers EIO, under the real process.

const WAITING = 12;
/** So many wallets fill more pages of the history than a process reads as it begins. */
const ENOUGH = 40;

const Refused = z.object({ errors: z.array(z.object({ extensions: z.object({ code: z.string() }) })) });

/** What everybody got who asked at once: an answer, or the end of the connection. */
const all = async (asked: readonly Promise<Answer>[]): Promise<readonly (Answer | undefined)[]> =>
  (await Promise.allSettled(asked)).map((each) => (each.status === 'fulfilled' ? each.value : undefined));

/** Asks until an answer has no errors. */
async function settledBy(ask: () => Promise<Answer>): Promise<void> {
  while (Refused.safeParse((await ask()).body).success) await pause(20);
}

const failures: Readonly<Record<string, Pick<Injection, 'calls' | 'when'>>> = {
  'making the log durable fails once, and would work again': { calls: ['fsync', 'fdatasync'], when: '1' },
  'a write to the log fails half-way through a commit': { calls: ['pwrite64'], when: '3' },
};

describe('when the disk of the history answers EIO', () => {
  for (const [failure, fault] of Object.entries(failures))
    test(`${failure}: unknown to those who wait, the end of the process, and one effect after the restart`, async () => {
      const folder = await dataFolder();
      const first = boot({ DATA_DIR: folder }, quickly());
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

      const second = boot({ DATA_DIR: folder }, quickly());
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

  test('a read that fails is a no for whoever asked, and the process goes on', async () => {
    const folder = await dataFolder();
    const first = boot({ DATA_DIR: folder }, quickly());
    const begun = await first.address();
    const people = await Promise.all(
      Array.from({ length: ENOUGH }, (_, at) => signIn(begun, `person-${at}`, ['bidder'])),
    );
    await all(people.map((who, at) => openWallet(who, `command-${at}`)));
    first.kill('SIGTERM');
    assert.equal(await first.exited, 0, first.output());
    // A process that has just begun has read the end of its history: what its first customers did lies in no cache of its.
    const second = boot({ DATA_DIR: folder }, quickly());
    const url = await second.address();
    const ida = await signIn(url, 'ida', ['auditor']);
    const files = ['events.db', 'events.db-wal'].map((name) => join(folder, name));
    const fault = { calls: ['pread64'], error: 'EIO', files, when: '1', mainThreadOnly: true } as const;
    const injected = await inject(second.pid, fault);
    const ask = () => ida.query('{ streamEvents(stream: "wallet-person-3:USD") { events { type } } }');
    const { errors } = Refused.parse((await ask()).body);
    assert.equal(injected.count(), 1, 'the fault was met');
    assert.deepEqual(
      errors.map(({ extensions }) => extensions.code),
      ['unavailable'],
    );
    await injected.end();
    assert.deepEqual((await ask()).body, { data: { streamEvents: { events: [{ type: 'WalletOpened' }] } } });
    assert.equal((await healthOf(url)).status, 'ready');
    second.kill('SIGTERM');
    assert.equal(await second.exited, 0, second.output());
  });
});

describe('when the disk of the read models answers EIO', () => {
  test('a query that cannot read its view is unavailable, over GraphQL whatever it asks, and the process goes on', async () => {
    const folder = await dataFolder();
    const first = boot({ DATA_DIR: folder }, quickly());
    const ann = await signIn(await first.address(), 'ann', ['bidder']);
    assert.equal((await openWallet(ann, 'one')).status, 200);
    const wallets = '{ wallets { edges { node { currency } } } }';
    await settledBy(() => ann.query(wallets));
    first.kill('SIGTERM');
    assert.equal(await first.exited, 0, first.output());
    // A process that has just begun has no page of the file in its cache.
    const second = boot({ DATA_DIR: folder }, quickly());
    const url = await second.address();
    const again = customerAt(url, ann.authorization);
    const files = ['views.db', 'views.db-wal'].map((name) => join(folder, name));
    const fault = { calls: ['pread64'], error: 'EIO', files, when: '1+', mainThreadOnly: true } as const;
    const injected = await inject(second.pid, fault);
    for (const query of [
      wallets,
      '{ wallet(currency: "USD") { currency } }',
      '{ statement(currency: "USD") { edges { cursor } } }',
    ]) {
      const { errors } = Refused.parse((await again.query(query)).body);
      assert.deepEqual([...new Set(errors.map(({ extensions }) => extensions.code))], ['unavailable'], query);
    }
    assert.ok(injected.count() > 0, 'the fault was met');
    await injected.end();
    await settledBy(() => again.query(wallets));
    second.kill('SIGTERM');
    assert.equal(await second.exited, 0, second.output());
  });
});
