import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { dataFolder } from '../support/booted.ts';
import { startHere } from '../support/embedded.ts';
import { PASSWORD, peopleOf } from '../support/people.ts';
import { until } from '../support/until.ts';

// Backups are made while people leave: a history that was copied before somebody erased themselves, beside the keys of behind it.

const RECORDED_AGAIN = /destroyed of whose erasure the history did not know/;

/** As the guide has it. */
function copied(from: string, to: string, name: string): void {
  const file = new DatabaseSync(join(from, `${name}.db`), { readOnly: true });
  file.exec(`VACUUM INTO '${join(to, `${name}.db`)}'`);
  file.close();
}

/** Which people the history has as erased. */
function erasedIn(folder: string): readonly string[] {
  const file = new DatabaseSync(join(folder, 'events.db'), { readOnly: true });
  const rows = file
    .prepare("SELECT data FROM event JOIN type ON type.id = event.type WHERE name = 'PersonErased'")
    .all();
  file.close();
  return rows.map(({ data }) => String((JSON.parse(String(data)) as { person: string }).person));
}

async function started(folder: string) {
  const lines: string[] = [];
  const log = { level: 'warn' as const, write: (line: string) => void lines.push(line) };
  const platform = await startHere({ DATA_DIR: folder }, log);
  const told = () => lines.filter((line) => RECORDED_AGAIN.test(line));
  return { platform, people: peopleOf(platform.url), told };
}

test('a history from before an erasure, beside the keys of now, has them erased again at the start, once, and their address is free', async () => {
  const [here, there] = [await dataFolder(), await dataFolder()];
  const first = await started(here);
  const { people } = first;
  const web = await people.system('web');
  const [email, other] = ['ghost@example.org', 'neighbour@example.org'];
  for (const each of [email, other]) await people.register(each);
  const { access_token: token } = await people.signIn(web, email, { more: people.steppedUp });
  const send = (path: string, body: object) => people.send(`/commands/wallets/${path}`, body, token);
  await send('open-wallet', { currency: 'USD' });
  const asked = await send('request-top-up', { currency: 'USD', amount: '50000' });
  const [{ data }] = asked.body.events as [{ data: { paymentId: string } }];
  const paid = { outcome: 'top_up_confirmed', amount: '50000' };
  const pay = async () => (await people.send(`/dev/payments/${data.paymentId}`, paid)).status < 300;
  await until(pay, 'the provider was asked for it');
  const balance = async () =>
    JSON.stringify((await people.graphql('{ wallets { edges { node { available } } } }', token)).body);
  await until(async () => /50000/.test(await balance()), 'the money has come');
  copied(here, there, 'events');
  await send('withdraw', { currency: 'USD', amount: '50000' });
  const left = async () =>
    (await send('close-wallet', { currency: 'USD' })).status === 200 &&
    (await people.send('/commands/accounts/erase-me', { forGood: true }, token)).status === 200;
  await until(left, 'they have left');
  await first.platform.stop();
  for (const name of ['keys', 'mails', 'provider']) copied(here, there, name);
  for (const file of ['master.key', 'token-key.json']) await copyFile(join(here, file), join(there, file));
  assert.deepEqual(erasedIn(there), []);

  const second = await started(there);
  await until(() => second.told().length > 0, 'it is told');
  assert.match(second.told()[0] ?? '', /"people":1/);
  assert.deepEqual(erasedIn(there), erasedIn(here));
  const restored = second.people;
  const admin = await restored.devToken('root', 'admin');
  const shown = async (query: string, by: string) => JSON.stringify((await restored.graphql(query, by)).body);
  const accounts = '{ accounts(first: 9) { edges { node { state email } } } }';
  await until(async () => /"state":"erased","email":null/.test(await shown(accounts, admin)), 'it is shown');
  const clerk = await restored.devToken('carl', 'clerk');
  const owed = '{ unclaimedOfAll { edges { node { balance } } } }';
  await until(async () => /50000/.test(await shown(owed, clerk)), 'what was theirs is owed to their id');
  // The neighbour is as they were, and whoever has the address now registers with it.
  await restored.signIn(web, other);
  await restored.register(email, `${PASSWORD} anew`);
  await second.platform.stop();

  const third = await started(there);
  await third.people.signIn(web, other);
  await third.platform.stop();
  assert.deepEqual(third.told(), []);
  assert.deepEqual(erasedIn(there), erasedIn(here));
});
