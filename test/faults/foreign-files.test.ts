import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  cpSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { boot, dataFolder, quickly } from '#test/support/booted.ts';
import { type Answer, customerAt, healthOf, openWallet, signIn } from '#test/support/customer.ts';
import { until } from '#test/support/until.ts';
import { logged, refusedHere, refusedStart } from './operator.ts';

// Files that were cut, written over, or made by a newer program. Every case begins with a copy of one folder.

interface Given {
  /** As a clean stop leaves it: everything in `events.db`. */
  readonly stopped: string;
  /** As `kill -9` leaves it: what was acknowledged last is in the log. */
  readonly killed: string;
  readonly authorization: string;
  readonly opened: Answer;
}

const lots = Array.from({ length: 40 }, (_, at) => ({
  lotId: `lot-${at}`,
  title: `Lot ${at}`,
  description: 'x'.repeat(5_000),
  categories: [],
  pictures: [],
  estimateLow: { amount: '100', currency: 'USD' },
  estimateHigh: { amount: '900', currency: 'USD' },
  openingBid: { amount: '100', currency: 'USD' },
}));

async function folders(): Promise<Given> {
  const folder = await dataFolder();
  const stopped = await dataFolder();
  const first = boot({ DATA_DIR: folder }, quickly());
  const { authorization } = await signIn(await first.address(), 'ann', ['bidder']);
  // Long enough to be cut in the middle, where the log does not reach.
  const sam = await signIn(await first.address(), 'sam', ['seller']);
  await Promise.all(lots.map((lot) => sam.send('auctions/consign-lot', lot, lot.lotId)));
  first.kill('SIGTERM');
  assert.equal(await first.exited, 0, first.output());
  const second = boot({ DATA_DIR: folder }, quickly());
  const url = await second.address();
  const opened = await openWallet(customerAt(url, authorization), 'one');
  assert.equal(opened.status, 200);
  second.kill('SIGKILL');
  await second.exited;
  const killed = folder;
  assert.ok(statSync(join(killed, 'events.db-wal')).size > 0, 'the log holds what came last');
  cpSync(killed, stopped, { recursive: true });
  const third = boot({ DATA_DIR: stopped }, quickly());
  await third.address();
  third.kill('SIGTERM');
  assert.equal(await third.exited, 0, third.output());
  return { stopped, killed, authorization, opened };
}

const given = await folders();

async function copyOf(folder: string): Promise<string> {
  const copy = await dataFolder();
  cpSync(folder, copy, { recursive: true });
  return copy;
}

/** What the files of the history hold. Whoever looks leaves an index of the log, and perhaps an empty log. */
const contents = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => /^events\.db(-wal)?$/.test(name) && statSync(join(folder, name)).size > 0)
    .map(
      (name) =>
        `${name} ${createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex')}`,
    );

const halve = (file: string): void => truncateSync(file, Math.floor(statSync(file).size / 2));
const garble = (file: string): void => {
  writeSync(openSync(file, 'r+'), Buffer.alloc(4_096, 'garbage'), 0, 4_096, 0);
};
const sql = (file: string, statement: string): void => {
  const db = new DatabaseSync(file);
  db.exec(statement);
  db.close();
};

/** Each on the folder as it was stopped or killed, and what the operator reads after the file's name. */
const damages: readonly (readonly [
  name: string,
  as: 'stopped' | 'killed',
  apply: (file: string) => void,
  says: string,
])[] = [
  ['cut in the middle', 'stopped', halve, 'is (cut short|damaged)'],
  ['cut in the middle beside a log that hides it', 'killed', halve, 'is cut short'],
  ['cut to nothing', 'stopped', (file) => truncateSync(file, 0), 'is empty: it was cut short'],
  ['without a header', 'stopped', garble, 'is damaged'],
  [
    'missing beside its log',
    'killed',
    (file) => rmSync(file),
    'is missing, while there is events.db-wal, .*views.db',
  ],
];

describe('a history that cannot be read', () => {
  for (const [at, [name, as, apply, says]] of damages.entries())
    test(`${name} is refused by name, with what to do, and left as it is`, async () => {
      const folder = await copyOf(given[as]);
      apply(join(folder, 'events.db'));
      const found = contents(folder);
      const refused = at === 0 ? refusedStart : refusedHere;
      await refused(
        { DATA_DIR: folder },
        {
          code: 65,
          says: new RegExp(`^${folder}/events\\.db ${says}.*Bring back events\\.db from a backup`),
        },
      );
      assert.deepEqual(contents(folder), found);
    });

  test('from a newer program is refused with both versions, and left as it is', async () => {
    const folder = await copyOf(given.stopped);
    sql(join(folder, 'events.db'), 'PRAGMA user_version = 99');
    const found = contents(folder);
    const says =
      /events\.db has schema version 99; this program reads version \d+\. .*Start the program that wrote it/;
    await refusedHere({ DATA_DIR: folder }, { code: 65, says });
    assert.deepEqual(contents(folder), found);
  });
});

describe('another file of the folder that cannot be read', () => {
  const wrecks: readonly (readonly [name: string, apply: (file: string) => void, says: string])[] = [
    ['provider.db', halve, 'is damaged.*Bring it back from a backup; or move it away'],
    ['provider.db', garble, 'is damaged.*Bring it back from a backup; or move it away'],
    ['provider.db', (file) => truncateSync(file, 0), 'is empty: it was cut short.*Bring it back'],
    ['provider.db', (file) => sql(file, 'DROP TABLE notice'), 'is damaged, or no ledger.*Bring it back'],
    ['token-key.json', halve, 'holds no JSON Web Key: not JSON.*Bring it back, or delete it'],
    ['token-key.json', (file) => writeFileSync(file, '{"kty":"oct","k":"x"}'), 'is no key for Ed25519'],
    ['events.lock', (file) => writeFileSync(file, 'x'.repeat(5_000)), 'is damaged.*Delete it when no other'],
  ];
  test('is refused by name, with what to do, and left as it is', async () => {
    for (const [name, apply, says] of wrecks) {
      const folder = await copyOf(given.stopped);
      const file = join(folder, name);
      apply(file);
      const found = readFileSync(file);
      await refusedStart({ DATA_DIR: folder }, { code: 65, says: new RegExp(`^${file} ${says}`) });
      assert.deepEqual(readFileSync(file), found);
    }
  });
});

describe('views that cannot be read', () => {
  const wrecks: Readonly<Record<string, (file: string) => void>> = {
    'cut in the middle': halve,
    'from a newer program': (file) => sql(file, 'PRAGMA user_version = 99'),
  };
  for (const [name, apply] of Object.entries(wrecks))
    test(`${name} are set aside, which is said, and made again from the history`, async () => {
      const folder = await copyOf(given.stopped);
      apply(join(folder, 'views.db'));
      const platform = boot({ DATA_DIR: folder }, quickly());
      const ann = customerAt(await platform.address(), given.authorization);
      const query = `{ wallet(currency: "USD", atLeast: "${given.opened.body.token}") { available } }`;
      assert.deepEqual((await ann.query(query)).body, { data: { wallet: { available: '0' } } });
      await logged(platform, /views\.db could not be used.*set aside as .*views\.db\.set-aside-1/);
      platform.kill('SIGTERM');
      assert.equal(await platform.exited, 0, platform.output());
    });
});

describe('an event that this program is too old for', () => {
  test('stops whoever reads it, in red health, and refuses commands on its stream alone', async () => {
    const folder = await copyOf(given.stopped);
    sql(
      join(folder, 'events.db'),
      `INSERT INTO event SELECT (SELECT max(position) + 1 FROM event), stream, revision + 1, type,
         'from-the-future', recorded_at, data, json_set(metadata, '$.version', 99)
       FROM event WHERE stream = (SELECT id FROM stream WHERE name = 'wallet-ann:USD')`,
    );
    const platform = boot({ DATA_DIR: folder }, quickly());
    const url = await until(
      async () => /http:\/\/127\.0\.0\.1:\d+/.exec(platform.output())?.[0],
      'it has opened its port',
    );
    const red = await until(async () => {
      const health = await healthOf(url);
      return health.httpStatus === 503 && health;
    }, 'health is red');
    const problem = /WalletOpened at wallet-ann:USD\/1: version 99 is newer than \d+/;
    assert.match(String(red.components.projections?.detail), problem);
    const ann = customerAt(url, given.authorization);
    const refused = await ann.send('wallets/withdraw', { amount: '1', currency: 'USD' }, 'new');
    assert.deepEqual([refused.status, refused.body.code], [503, 'newer_version']);
    assert.match(JSON.stringify(refused.body), problem);
    const bob = await signIn(url, 'bob', ['bidder']);
    assert.equal((await openWallet(bob, 'two')).status, 200, 'others go on');
    platform.kill('SIGTERM');
    assert.equal(await platform.exited, 0, platform.output());
  });
});
