import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accounts } from '#compose/contexts/accounts.ts';
import { instant, millisecondsOf } from '#domain/kernel/instant.ts';
import { tokenOf } from '#domain/kernel/token.ts';
import { door, loginNamed, registering } from '#test/support/accounts.ts';
import { someone } from '#test/support/platform.ts';
import { givenReadSide, type ReadSide } from '#test/support/read-side.ts';

// What is sealed is read by whoever it is about, and by whom a field names; by nobody once its person was forgotten.

const ADDRESS = '203.0.113.77';
const words = { name: 'Pia Person', address: '1 Ångström Street', phone: '+1 555 0100' };
let readSide: ReadSide;
before(async () => {
  // As long as nobody has signed anybody out.
  const reactions = accounts.reactions.filter(({ name }) => name !== 'signing-out');
  readSide = await givenReadSide({ reactions });
  const pia = someone('p-1', 'bidder');
  await sent('Register', registering('p-1'));
  await sent('Register', registering('p-2'));
  await sent('VerifyEmail', { person: 'p-1' });
  for (const role of ['bidder', 'seller'])
    await sent('WithdrawRole', { person: 'p-1', role }, someone('ada', 'admin'));
  await sent('GrantRole', { person: 'p-1', role: 'clerk' }, someone('ada', 'admin'));
  await sent('CreateProfile', words, pia);
  const session = { client: 'web', expiresAt: '2100-01-01T00:00:00.000Z' };
  const provenAt = readSide.clock.now();
  await sent('OpenSession', {
    person: 'p-1',
    session: 's1',
    address: ADDRESS,
    browser: 'Firefox, iPad',
    provenAt,
    ...session,
  });
  await sent('OpenSession', { person: 'p-1', session: 's2', provenAt, ...session });
  const grants = { grantTypes: ['client_credentials'], redirectUris: [] };
  await sent('RegisterClient', {
    client: 'scales',
    name: 'Scales',
    by: 'ada',
    verifier: 'hashed',
    ...grants,
  });
});
after(() => readSide.close());

let commands = 0;
async function sent(command: string, data: object, actor = door): Promise<void> {
  const origin = { channel: 'http' } as const;
  const reply = await readSide.dispatch({
    command,
    data,
    commandId: `c${++commands}`,
    actor,
    steppedUp: true,
    origin,
  });
  assert.equal(reply.outcome, 'accepted', `${command} ${JSON.stringify(reply, (_, v) => String(v))}`);
}
/** The answer's text, up to what is recorded now. */
async function asked(fields: string, token?: string): Promise<string> {
  const query = `query ($at: Token) { ${fields} }`;
  const at = tokenOf(readSide.store.epoch, await readSide.store.head());
  return JSON.stringify(await readSide.ask(query.replaceAll('@', 'atLeast: $at'), { at }, token));
}

const account = 'account(person: "p-1", @) { email login state roles grants { role by } }';
const profile = 'profile(person: "p-1", @) { name address phone }';
const [pia, ada] = ['p-1:bidder', 'ada:admin'];

test('everybody reads all of their own', async () => {
  const text = await asked(`${account} ${profile}`, pia);
  for (const own of ['p-1@example.org', ...Object.values(words), '"clerk"', '"ada"'])
    assert.ok(text.includes(own), `${own} in ${text}`);
  const sessions = await asked('sessions(@) { edges { node { session client address browser } } }', pia);
  assert.match(
    sessions,
    /"s2","client":"web","address":null,"browser":null.*"s1".*203\.0\.113\.77","browser":"Firefox, iPad"/,
  );
  assert.match(await asked('session(session: "s1", @) { address }', pia), /203\.0\.113\.77/);
  assert.match(await asked('sessions(@) { edges { node { session } } }', 'p-2:bidder'), /"edges":\[\]/);
  assert.match(await asked('session(session: "s1", @) { address }', 'p-2:bidder'), /"session":null/);
});

test('an administrator finds accounts, and sees addresses and names, which is recorded; nothing else', async () => {
  assert.deepEqual((await readSide.store.readStream('inspector-ada', { limit: 10 })).length, 0);
  const text = await asked(`${account} ${profile}`, ada);
  for (const shown of ['p-1@example.org', words.name]) assert.ok(text.includes(shown), text);
  assert.match(text, /"address":null,"phone":null/);
  const [reading] = await readSide.store.readStream('inspector-ada', { limit: 10 });
  assert.equal(reading?.data.insight, 'people');
  const list = (args: string) => asked(`accounts(${args} @) { edges { node { person } } }`, ada);
  assert.match(await list(''), /p-2.*p-1/);
  assert.match(await list('role: clerk,'), /\[\{"node":\{"person":"p-1"\}\}\]/);
  assert.match(await list(`login: "${loginNamed('p-2')}",`), /\[\{"node":\{"person":"p-2"\}\}\]/);
  assert.match(await list('state: locked,'), /"edges":\[\]/);
  const clients = await asked(
    'clients(@) { edges { node { name confidential } } } client(client: "scales", @) { state }',
    ada,
  );
  assert.match(clients, /"Scales","confidential":true.*"known"/);
  const named = { id: 'ada', roles: ['admin' as const], reputation: 0 };
  await sent('RenameClient', { client: 'scales', name: 'The scales' }, named);
  assert.match(await asked('client(client: "scales", @) { name }', ada), /"The scales"/);
});

test('why somebody is kept out is read by administrators and by them, and by nobody once they are forgotten', async () => {
  const why = 'Writes to others under two names.';
  const locked = 'account(person: "p-4", @) { state lockedBecause lockedBecauseInPlain }';
  await sent('Register', registering('p-4'));
  await sent('LockAccount', { person: 'p-4', cause: why }, someone('ada', 'admin'));
  const stored = await readSide.store.readStream('account-p-4', { limit: 10 });
  assert.doesNotMatch(JSON.stringify(stored.map(({ data }) => data)), /two names/, 'it is sealed');
  for (const token of [ada, 'p-4:bidder'])
    assert.match(await asked(locked, token), /"lockedBecause":"Writes to others under two names."/);
  assert.doesNotMatch(
    await asked('allEvents(first: 200, @) { events { data } }', 'ida:auditor'),
    /two names/,
  );
  await readSide.personKeys.destroy('p-4');
  assert.match(await asked(locked, ada), /"state":"locked","lockedBecause":null,"lockedBecauseInPlain":null/);
});

test('an administrator sees who has the secret of a system, and whether they still are one', async () => {
  const kept = () =>
    asked('client(client: "scales", @) { registeredBy secretBy secretByAdministrator }', ada);
  assert.match(await kept(), /"registeredBy":"ada","secretBy":"ada","secretByAdministrator":false/);
  await sent('Register', registering('p-3'));
  await sent('VerifyEmail', { person: 'p-3' });
  await sent('AppointAdministrator', { person: 'p-3' });
  await sent('RotateClientVerifier', { client: 'scales', by: 'p-3', verifier: 'other' });
  assert.match(await kept(), /"registeredBy":"ada","secretBy":"p-3","secretByAdministrator":true/);
  await sent('LockAccount', { person: 'p-3', cause: 'Left the house.' }, someone('ada', 'admin'));
  assert.match(await kept(), /"secretBy":"p-3","secretByAdministrator":false/);
});

test('nobody else learns anything, and what proves a person is shown to nobody at all', async () => {
  for (const token of ['p-2:bidder', 'clara:clerk', 'ida:auditor', 'ines:investigator'])
    for (const fields of [
      account,
      profile,
      'accounts(@) { edges { node { email } } }',
      'clients(@) { edges { node { name } } }',
    ])
      assert.match(await asked(fields, token), /"forbidden"/, `${token} ${fields}`);
  assert.match(await asked(account), /"unauthenticated"/);
  const events = 'allEvents(first: 100, @) { events { type data } }';
  for (const token of ['ida:auditor', 'ines:investigator']) {
    const text = await asked(events, token);
    assert.match(text, /AccountRegistered/);
    assert.doesNotMatch(text, /argon2id|"verifier"|hashed/);
    assert.equal(text.includes('p-1@example.org'), token.startsWith('ines'), token);
  }
});

test('once a person is forgotten everything of theirs reads as null, and others are as they were', async () => {
  await sent('EraseMe', { forGood: true }, someone('p-1', 'bidder'));
  await readSide.personKeys.destroy('p-1');
  for (const token of [pia, ada]) {
    const text = await asked(`${account} ${profile}`, token);
    assert.match(text, /"email":null,.*"erased".*"name":null,"address":null,"phone":null/);
  }
  assert.match(await asked('account(@) { email }', 'p-2:bidder'), /p-2@example\.org/);
});

test('a role whose time is over is shown to nobody, and its grant with its end', async () => {
  const administrator = someone('ada', 'admin');
  await sent('Register', registering('p-9'));
  await sent('VerifyEmail', { person: 'p-9' });
  for (const role of ['bidder', 'seller']) await sent('WithdrawRole', { person: 'p-9', role }, administrator);
  const until = new Date(Date.parse(readSide.clock.now()) + 1_500).toISOString();
  await sent('GrantRole', { person: 'p-9', role: 'auditor', until }, administrator);
  await sent('GrantRole', { person: 'p-9', role: 'clerk' }, administrator);
  const of = (role: string) => asked(`accounts(role: ${role}, @) { edges { node { person roles } } }`, ada);
  const own = 'account(person: "p-9", @) { roles grants { role until } }';
  assert.match(await asked(own, ada), /"roles":\["auditor","clerk"\]/);
  assert.match(await of('auditor'), /"p-9","roles":\["auditor","clerk"\]/);
  readSide.clock.advanceTo(until);
  const text = await asked(own, ada);
  assert.match(text, /"roles":\["clerk"\]/);
  assert.ok(text.includes(until), 'what was given is told');
  assert.match(await of('auditor'), /"edges":\[\]/);
  assert.match(await of('clerk'), /"p-9","roles":\["clerk"\]/);
});

test('who has registered anew sees nothing of the sessions and the time of whoever had the address before', async () => {
  await sent('Register', registering('p-5'));
  const expiresAt = '2100-01-01T00:00:00.000Z';
  const opens = (session: string) =>
    sent('OpenSession', { person: 'p-5', session, client: 'web', provenAt: readSide.clock.now(), expiresAt });
  const shown = () =>
    asked(
      'account(@) { registeredAt } sessions(@) { edges { node { session } } } session(session: "s1", @) { client }',
      'p-5:bidder',
    );
  await opens('s1');
  assert.match(await shown(), /"s1".*"web"/);
  readSide.clock.advanceTo(instant(millisecondsOf(readSide.clock.now()) + 60_000));
  await sent('ReplaceRegistration', { person: 'p-5', verifier: '$argon2id$other' });
  await opens('s2');
  const text = await shown();
  assert.match(text, /"sessions":\{"edges":\[\{"node":\{"session":"s2"\}\}\]\},"session":null/);
  assert.ok(text.includes(readSide.clock.now()), text);
});

test('an administrator finds somebody by their address, however it is written, and that is recorded', async () => {
  const email = 'fay@mail.example';
  await sent('Register', registering('p-6', readSide.personKeys.nameOf('login', email)));
  const people = async () =>
    (await readSide.store.readStream('inspector-bea', { limit: 10 })).map(({ data }) => data.insight);
  const seek = (written: string) => `email: "${written.replace('@', '\\u0040')}"`;
  const found = (args: string) => asked(`accounts(${args}, @) { edges { node { person } } }`, 'bea:admin');
  assert.match(await found('state: active'), /"p-6"/);
  assert.deepEqual(await people(), []);
  for (const written of [email, ' Fay@Mail.Example '])
    assert.match(await found(seek(written)), /"edges":\[\{"node":\{"person":"p-6"\}\}\]/);
  assert.deepEqual(await people(), ['people']);
  for (const none of ['nobody@mail.example', 'no address', ''])
    assert.match(await found(seek(none)), /"edges":\[\]/, none);
  assert.match(await found(`${seek(email)}, login: "${loginNamed('p-2')}"`), /"edges":\[\]/);
});
