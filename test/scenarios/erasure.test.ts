import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { boot, dataFolder, quickly } from '../support/booted.ts';
import { bundled } from '../support/bundled.ts';
import { PASSWORD, peopleOf } from '../support/people.ts';
import { until } from '../support/until.ts';

// Whoever has themselves erased is found nowhere: in no file of the platform, byte by byte, in no mail and in no line that it has logged, although
// the process was killed in the middle of it. What was counted of them stands.

const email = 'veronika.quastenflosser@example.org';
const profile = {
  name: 'Veronika Quastenflosser',
  address: 'Kattvaegen 7931\nUppsala',
  phone: '+46 70 123 98 76',
};
const ADDRESS = '203.0.113.177';
const needles = [email, 'quastenflosser', 'Kattvaegen', '123 98 76', ADDRESS, PASSWORD];

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** Each way in which a text may lie in a file. */
const spellings = (text: string): readonly Buffer[] =>
  [text, text.toLowerCase(), text.toUpperCase()].flatMap((each) => [
    Buffer.from(each),
    Buffer.from(each, 'utf16le'),
    // In the middle of something longer its first and last signs are others.
    Buffer.from(Buffer.from(each).toString('base64').slice(2, -4)),
    Buffer.from(Buffer.from(each).toString('hex')),
  ]);

/** What of them is found, and where. */
async function found(folder: string): Promise<readonly string[]> {
  const hits: string[] = [];
  for (const file of await filesIn(folder)) {
    const bytes = await readFile(file);
    for (const needle of needles)
      if (spellings(needle).some((spelling) => bytes.includes(spelling))) hits.push(`${needle} in ${file}`);
  }
  return hits;
}

const cli = (folder: string, ...words: readonly string[]) =>
  promisify(execFile)(process.execPath, [bundled.cli, ...words, '--data', folder]);

test('whoever is erased is found in no file, mail or log, behind a kill in the middle too, and all that was counted stands', async () => {
  const folder = await dataFolder();
  const settings = { DATA_DIR: folder, TRUSTED_PROXIES: '127.0.0.1', LOG_LEVEL: 'debug' };
  const first = boot(settings, quickly());
  const people = peopleOf(await first.address(), { 'X-Forwarded-For': ADDRESS });
  const web = await people.system('web');
  await people.register(email);
  const { access_token: token } = await people.signIn(web, email);
  assert.equal((await people.send('/commands/accounts/create-profile', profile, token)).status, 200);
  await people.send('/commands/wallets/open-wallet', { currency: 'USD' }, token);
  const read = async () =>
    JSON.stringify((await people.graphql('{ profile { name } account { email } }', token)).body);
  await until(async () => /Veronika.*quastenflosser/.test(await read()), 'they are shown to themselves');
  assert.equal((await people.mailsTo(email)).length, 1);
  assert.deepEqual(await found(folder), [], 'sealed before anything is stored');

  const { access_token: dear } = await people.signIn(web, email, { more: people.steppedUp });
  const erase = () => people.send('/commands/accounts/erase-me', { forGood: true }, dear);
  assert.equal((await erase()).body.code, 'wallets_open');
  assert.equal((await people.send('/commands/wallets/close-wallet', { currency: 'USD' }, token)).status, 200);
  const erased = await erase();
  assert.equal(erased.status, 200, JSON.stringify(erased.body));
  first.kill('SIGKILL');
  await first.exited;

  const second = boot(settings, quickly());
  const url = await second.address();
  const later = peopleOf(url);
  const admin = await later.devToken('ada', 'admin');
  const accounts = '{ accounts(first: 10) { edges { node { state email } } } }';
  await until(
    async () => /"erased","email":null/.test(JSON.stringify((await later.graphql(accounts, admin)).body)),
    'nobody can read it any more',
  );
  assert.deepEqual(await later.mailsTo(email), []);
  const again = await later.send('/accounts/registrations', { email, password: PASSWORD });
  assert.equal(again.status, 202, 'their login is free');
  second.kill('SIGTERM');
  assert.equal(await second.exited, 0);
  assert.deepEqual(await found(folder), []);
  for (const { output } of [first, second])
    for (const needle of needles) assert.ok(!output().toLowerCase().includes(needle.toLowerCase()), needle);
  const { stdout } = await cli(folder, 'projections', 'verify');
  assert.ok(!/differ/i.test(stdout), stdout);

  const fileOfKeys = join(folder, 'keys.db');
  const keys = await readFile(fileOfKeys);
  const another = join(await dataFolder(), 'another.key');
  await writeFile(another, randomBytes(32).toString('base64url'), { mode: 0o600 });
  const wrong = boot({ ...settings, MASTER_KEY_FILE: another }, quickly());
  assert.equal(await wrong.exited, 78, 'whoever has the right password would read that it is wrong');
  assert.match(
    wrong.output(),
    /MASTER_KEY_FILE cannot be used: .*keys\.db was kept under another master key/,
  );
  assert.deepEqual(await readFile(fileOfKeys), keys, 'nothing is written');

  await rm(fileOfKeys);
  const third = boot(settings, quickly());
  assert.equal(await third.exited, 78, 'a history of people is of no use without their keys');
  assert.match(third.output(), /PERSON_KEYS_FILE cannot be used: .*keys\.db is missing/);
});
