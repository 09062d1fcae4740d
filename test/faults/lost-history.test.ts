import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { noLog } from '#domain/kernel/ports/log.ts';
import { systemClock } from '#engines/clock/system.ts';
import { knowsPayments } from '#engines/payments/simulated/ledger.ts';
import { demandWholeHistory } from '#engines/whole-history.ts';
import { boot, dataFolder, quickly } from '#test/support/booted.ts';
import { customerAt, openWallet, signIn } from '#test/support/customer.ts';
import { until } from '#test/support/until.ts';
import { historyIn } from './history-file.ts';
import { killedAtOpening } from './injection.ts';
import { logged, refusedHere, refusedStart } from './operator.ts';

// A history that is gone, or was replaced, while what was made from it is still there.

const clock = systemClock();

/** A folder as a clean stop leaves it, somebody in it, and what they were answered. */
async function inhabitedFolder(person: string) {
  const folder = await dataFolder();
  const platform = boot({ DATA_DIR: folder }, quickly());
  const who = await signIn(await platform.address(), person, ['bidder']);
  const opened = await openWallet(who, 'one');
  assert.equal(opened.status, 200);
  platform.kill('SIGTERM');
  assert.equal(await platform.exited, 0, platform.output());
  return { folder, authorization: who.authorization, opened };
}

const [given, other] = await Promise.all([inhabitedFolder('ann'), inhabitedFolder('bob')]);
const headOf = (folder: string): number => historyIn(folder).length;

async function copyOf(folder: string, names?: readonly string[]): Promise<string> {
  const copy = await dataFolder();
  cpSync(folder, copy, { recursive: true });
  for (const name of readdirSync(copy))
    if (names !== undefined && !names.includes(name)) rmSync(join(copy, name));
  return copy;
}

/** Every file and what is in it; whoever looks leaves an index of a log, and perhaps an empty log. */
const contents = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => !/-(shm|wal)$/.test(name))
    .map(
      (name) =>
        `${name} ${createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex')}`,
    );

const epochOf = (folder: string): unknown => {
  const db = new DatabaseSync(join(folder, 'events.db'), { readOnly: true });
  const epoch = db.prepare('SELECT epoch FROM history').get()?.epoch;
  db.close();
  return epoch;
};

const start = (folder: string, acceptedLoss?: string): Promise<void> =>
  demandWholeHistory({ folder, clock, log: noLog, acceptedLoss, keyFile: undefined });

/** The word that accepts what was lost here, as the refusal gives it. */
async function wordFrom(folder: string, head: number): Promise<string> {
  let said = '';
  await assert.rejects(start(folder), (error: Error) => {
    said = error.message;
    return true;
  });
  const [, word = ''] =
    new RegExp(`start once with ACCEPT_HISTORY_END=(${head}-[0-9a-f]{8})\\.$`).exec(said) ?? [];
  assert.ok(word, said);
  return word;
}

async function commandLine(folder: string) {
  const command = ['cli/main.ts', 'projections', 'status', '--data', folder];
  return promisify(execFile)(process.execPath, command).then(
    () => assert.fail('the command line took the folder'),
    ({ code, stderr }: { readonly code: number; readonly stderr: string }) => ({ code, stderr }),
  );
}

describe('a folder without its history', () => {
  /** What is left in the folder, each enough by itself. */
  const left: readonly (readonly string[])[] = [
    ['provider.db', 'token-key.json', 'views.db'],
    ['views.db'],
    ['provider.db'],
    ['token-key.json'],
    ['views.db.set-aside-1'],
    ['views.db.before-7'],
    ['events.db-wal'],
    ['events.db.bak'],
  ];

  const says = (folder: string, names: readonly string[]) =>
    new RegExp(
      `^${folder}/events\\.db is missing, while there is ${names.join(', ')}: .*Nothing was changed\\. Bring back events\\.db .*ACCEPT_HISTORY_END=0-[0-9a-f]{8}\\.$`,
    );

  test('is refused, with all that tells of it and what to do, and nothing is changed', async () => {
    const names = left[0] ?? [];
    const folder = await copyOf(given.folder, names);
    const found = contents(folder);
    await refusedStart({ DATA_DIR: folder }, { code: 65, says: says(folder, names) });
    assert.deepEqual(contents(folder), found);
  });

  for (const names of left.slice(1))
    test(`is refused where nothing is left but ${names.join()}`, async () => {
      const folder = await copyOf(given.folder, names);
      for (const name of names) if (!existsSync(join(folder, name))) writeFileSync(join(folder, name), 'x');
      await assert.rejects(start(folder), { code: 'unreadable', message: says(folder, names) });
    });

  test('is refused by the command line too, which makes nothing in it', async () => {
    const folder = await copyOf(given.folder, ['views.db']);
    const { code, stderr } = await commandLine(folder);
    assert.equal(code, 65);
    assert.match(stderr, /events\.db is missing, while there is views\.db/);
    // Nothing may be lost at all.
    assert.match(
      stderr,
      /Or this folder is another than that of the process that writes.*DATA_DIR, or --data/,
    );
    assert.deepEqual(contents(folder), contents(await copyOf(given.folder, ['views.db'])));
  });

  test('goes on as before when the history is brought back', async () => {
    const folder = await copyOf(given.folder, left[0]);
    await assert.rejects(start(folder));
    copyFileSync(join(given.folder, 'events.db'), join(folder, 'events.db'));
    const platform = boot({ DATA_DIR: folder }, quickly());
    const ann = customerAt(await platform.address(), given.authorization);
    assert.deepEqual(await openWallet(ann, 'one'), given.opened);
    platform.kill('SIGTERM');
    assert.equal(await platform.exited, 0, platform.output());
  });

  test('begins a new history when that is accepted, and keeps the views of the lost one', async () => {
    const folder = await copyOf(given.folder, left[0]);
    const word = await wordFrom(folder, 0);
    await assert.rejects(start(folder, word.replace(/^0/, '1')), 'the word is for another loss');
    const platform = boot({ DATA_DIR: folder, ACCEPT_HISTORY_END: word }, quickly());
    const ann = customerAt(await platform.address(), given.authorization);
    await logged(platform, /as accepted, it goes on under a new epoch/);
    const asked = await ann.query(`{ wallets(atLeast: "${given.opened.body.token}") { edges { cursor } } }`);
    assert.match(JSON.stringify(asked.body), /other_history/);
    assert.equal((await openWallet(ann, 'one')).status, 200, 'who was answered before is decided anew');
    platform.kill('SIGTERM');
    assert.equal(await platform.exited, 0, platform.output());
    assert.notEqual(epochOf(folder), epochOf(given.folder));
    const kept = new DatabaseSync(join(folder, 'views.db.before-0'), { readOnly: true });
    assert.equal(kept.prepare('SELECT max(checkpoint) AS at FROM consumers').get()?.at, headOf(given.folder));
    kept.close();
    rmSync(join(folder, 'events.db'));
    await assert.rejects(
      start(folder, word),
      /is missing/,
      'the word is not for the next loss of the same kind',
    );
    assert.notEqual(await wordFrom(folder, 0), word);
  });

  for (const names of [['token-key.json'], ['provider.db', 'token-key.json'], ['events.db-wal']])
    test(`asks for another word the second time, where nothing is left but ${names.join()}`, async () => {
      const folder = await copyOf(given.folder, names);
      for (const name of names) if (!existsSync(join(folder, name))) writeFileSync(join(folder, name), 'x');
      const words = new Set<string>();
      for (let time = 0; time < 3; time++) {
        const word = await wordFrom(folder, 0);
        words.add(word);
        await start(folder, word);
        await start(folder, word);
        for (const name of readdirSync(folder))
          if (/^events\.db(-wal|-shm)?$/.test(name)) rmSync(join(folder, name));
        await assert.rejects(start(folder, word), 'accepted twice');
      }
      assert.equal(words.size, 3);
    });

  test('is new where an operator has put nothing but the key that TOKEN_KEY_FILE names', async () => {
    const folder = await copyOf(given.folder, ['token-key.json']);
    const platform = boot({ DATA_DIR: folder, TOKEN_KEY_FILE: join(folder, 'token-key.json') }, quickly());
    await platform.address();
    platform.kill('SIGTERM');
    assert.equal(await platform.exited, 0, platform.output());
  });
});

describe('a folder in which another role was started first', () => {
  test('is new: the secret that roles know each other by tells of no history', async () => {
    const folder = await dataFolder();
    const secret = randomBytes(32);
    writeFileSync(join(folder, 'service.key'), secret);
    await start(folder);
    assert.deepEqual(readFileSync(join(folder, 'service.key')), secret);
  });
});

describe('the history of another folder', () => {
  test('is refused under views that have read their own, until that is accepted', async () => {
    const folder = await copyOf(given.folder);
    copyFileSync(join(other.folder, 'events.db'), join(folder, 'events.db'));
    const found = contents(folder);
    const head = headOf(other.folder);
    const says = new RegExp(
      `^In ${folder} the history ends at position ${head} and is another than the one that was read by .*: events\\.db and views\\.db are of two histories, .*Nothing was changed.*If events\\.db is the right one, move views\\.db away.*ACCEPT_HISTORY_END=${head}-[0-9a-f]{8}\\.$`,
    );
    await refusedHere({ DATA_DIR: folder }, { code: 65, says });
    assert.match((await commandLine(folder)).stderr, /is another than the one that was read by/);
    assert.deepEqual(contents(folder), found);
    const platform = boot({ DATA_DIR: folder, ACCEPT_HISTORY_END: await wordFrom(folder, head) }, quickly());
    await platform.address();
    platform.kill('SIGTERM');
    assert.equal(await platform.exited, 0, platform.output());
    assert.ok(existsSync(join(folder, `views.db.before-${head}`)));
    assert.equal(headOf(folder), head);
  });

  test('where it is the views that do not belong, goes on without a loss once they are moved away', async () => {
    const folder = await copyOf(given.folder);
    copyFileSync(join(other.folder, 'views.db'), join(folder, 'views.db'));
    await assert.rejects(start(folder), /move views\.db away: it is made again from the history/);
    rmSync(join(folder, 'views.db'));
    const platform = boot({ DATA_DIR: folder }, quickly());
    const ann = customerAt(await platform.address(), given.authorization);
    assert.deepEqual(await openWallet(ann, 'one'), given.opened);
    platform.kill('SIGTERM');
    assert.equal(await platform.exited, 0, platform.output());
  });
});

describe('a history without the key of its tokens', () => {
  test('goes on under a new key, and says that the tokens are dead', async () => {
    const folder = await copyOf(given.folder);
    rmSync(join(folder, 'token-key.json'));
    const platform = boot({ DATA_DIR: folder }, quickly());
    const ann = customerAt(await platform.address(), given.authorization);
    await logged(platform, /the key of earlier tokens is gone: a new one is made/);
    assert.equal((await openWallet(ann, 'one')).status, 401);
    platform.kill('SIGTERM');
    assert.equal(await platform.exited, 0, platform.output());
  });
});

describe('a history without any event', () => {
  /** A folder whose log, which had everything, was removed after a kill, and the views with it. */
  async function emptiedFolder(): Promise<string> {
    const folder = await dataFolder();
    const platform = boot({ DATA_DIR: folder }, quickly());
    const ann = await signIn(await platform.address(), 'ann', ['bidder']);
    await openWallet(ann, 'one');
    await ann.send('wallets/request-top-up', { amount: '500', currency: 'USD' }, 'two');
    await until(async () => knowsPayments(join(folder, 'provider.db')), 'the provider is asked');
    platform.kill('SIGKILL');
    await platform.exited;
    for (const name of readdirSync(folder))
      if (/^(views\.db.*|events\.db-(wal|shm))$/.test(name)) rmSync(join(folder, name));
    assert.equal(headOf(folder), 0);
    return folder;
  }

  test('is refused beside a ledger of payments, until that one loss is accepted', async () => {
    const folder = await emptiedFolder();
    const says = new RegExp(
      `^${folder}/events\\.db holds no event, while ${folder}/provider\\.db knows of payments: .*ACCEPT_HISTORY_END=0-[0-9a-f]{8}\\.$`,
    );
    await refusedHere({ DATA_DIR: folder }, { code: 65, says });
    const word = await wordFrom(folder, 0);
    for (let time = 0; time < 2; time++) {
      const platform = boot({ DATA_DIR: folder, ACCEPT_HISTORY_END: word }, quickly());
      await platform.address();
      platform.kill('SIGTERM');
      assert.equal(await platform.exited, 0, platform.output());
      // The second finds no event either, and no payment: so stands every folder that was started and not used.
      assert.equal(/as accepted, it goes on/.test(platform.output()), time === 0);
    }
    assert.ok(knowsPayments(join(folder, 'provider.db.before-0')), 'what the provider knew is kept');
  });
});

describe('a first start that is killed half-way', () => {
  for (const name of ['events.db.new', 'events.db', 'views.db', 'provider.db'])
    test(`as it opens ${name}, is no loss to the next one`, async () => {
      const folder = await dataFolder();
      const killed = boot({ DATA_DIR: folder }, quickly({ around: killedAtOpening(join(folder, name)) }));
      assert.equal(await killed.exited, null, killed.output());
      await start(folder);
      if (name !== 'provider.db') return;
      const next = boot({ DATA_DIR: folder }, quickly());
      await next.address();
      next.kill('SIGTERM');
      assert.equal(await next.exited, 0, next.output());
    });
});
