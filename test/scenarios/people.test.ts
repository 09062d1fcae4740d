import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { startHere } from '../support/embedded.ts';
import { type Answer, PASSWORD, peopleOf, type System, type Tokens } from '../support/people.ts';
import { until } from '../support/until.ts';

// What people do with their accounts, over HTTP from outside: register, sign in, say who they are, change their password.

const { url } = await startHere({});
const people = peopleOf(url);
const { send, graphql, register, signIn } = people;
let web: System;
before(async () => {
  web = await people.system('web');
});

const profile = { name: 'Anna Lind', address: 'Storgatan 1\nLund' };
const create = (token?: string, of: object = profile) => send('/commands/accounts/create-profile', of, token);
const change = (token?: string, of: object = profile) => send('/commands/accounts/change-profile', of, token);
const PROFILE = '{ profile { person name address phone } }';
const codeOf = ({ body }: Answer): unknown =>
  body.code ?? (body.errors as { extensions: { code: string } }[] | undefined)?.[0]?.extensions.code;
const read = async (token: string) =>
  ((await graphql(PROFILE, token)).body.data as { profile: Record<string, unknown> | null }).profile;
const reads = (token: string, name: string) =>
  until(async () => (await read(token))?.name === name, `a profile of ${name}`);

test('Register: a profile is reached by nobody before they have signed in, and by its person behind it', async () => {
  await register('anna@example.org');
  for (const refused of [await create(), await change(), await graphql(PROFILE)])
    assert.equal(codeOf(refused), 'unauthenticated');
  for (const refused of [
    await create('no token'),
    await change('no token'),
    await graphql(PROFILE, 'no token'),
  ])
    assert.equal(refused.status, 401);
  const { access_token: token } = await signIn(web, 'anna@example.org');
  assert.equal(await read(token), null);
  assert.equal(codeOf(await change(token)), 'profile_unknown');
  assert.equal((await create(token)).status, 200);
  await reads(token, 'Anna Lind');
  assert.equal(codeOf(await create(token)), 'profile_exists');
  assert.equal(
    (await change(token, { ...profile, name: 'Anna Berg', phone: '+46 70 000 00 00' })).status,
    200,
  );
  await reads(token, 'Anna Berg');
  assert.deepEqual(Object.keys((await read(token)) ?? {}), ['person', 'name', 'address', 'phone']);
});

test('Password Changing: only behind signing in, only with the old one, and then the new one alone opens', async () => {
  const email = 'bo@example.org';
  const next = 'granite velvet orchard';
  await register(email);
  const asked = (old: string) => ({ old, password: next });
  assert.equal((await send('/accounts/me/password', asked(PASSWORD))).status, 401);
  const { access_token: token, refresh_token: refresh } = await signIn(web, email);
  assert.equal(
    codeOf(await send('/accounts/me/password', asked('a wrong old password'), token)),
    'invalid_credentials',
  );
  assert.equal(
    codeOf(await send('/accounts/me/password', { old: PASSWORD, password: 'too short' }, token)),
    'password_refused',
  );
  assert.equal((await send('/accounts/me/password', asked(PASSWORD), token)).status, 204);
  await assert.rejects(signIn(web, email), /still at/);
  const behind = await signIn(web, email, { password: next });
  assert.equal((await graphql(PROFILE, behind.access_token)).status, 200);
  // Whoever else was signed in is not any more.
  assert.equal((await people.refresh(refresh ?? '', web)).status, 400);
  await until(async () => (await graphql(PROFILE, token)).status === 401, 'a token from before is refused');
});

test('Profile Visibility: nobody is shown the profile of another, whichever way they ask', async () => {
  const tokens: Tokens[] = [];
  for (const [email, name] of [
    ['cy@example.org', 'Cy Holm'],
    ['di@example.org', 'Di Ek'],
  ] as const) {
    await register(email);
    const mine = await signIn(web, email);
    assert.equal((await create(mine.access_token, { ...profile, name })).status, 200);
    await reads(mine.access_token, name);
    tokens.push(mine);
  }
  const [cy, di] = tokens.map(({ access_token }) => access_token);
  assert.ok(cy !== undefined && di !== undefined);
  const { data } = (
    await graphql('{ profile { id person } account { id } sessions { edges { node { id } } } }', di)
  ).body as {
    data: {
      profile: { id: string; person: string };
      account: { id: string };
      sessions: { edges: { node: { id: string } }[] };
    };
  };
  const named = `(person: "${data.profile.person}")`;
  for (const query of [`{ profile${named} { name address } }`, `{ account${named} { email } }`])
    assert.equal(codeOf(await graphql(query, cy)), 'forbidden', query);
  for (const id of [data.profile.id, data.account.id, data.sessions.edges[0]?.node.id]) {
    const told = await graphql(
      `{ node(id: "${id}") { id ... on Profile { name } ... on Account { email } } }`,
      cy,
    );
    assert.ok(!/Di Ek|di@example/.test(JSON.stringify(told.body)), String(id));
    assert.ok(codeOf(told) !== undefined || (told.body.data as { node: unknown }).node === null, String(id));
  }
  assert.equal((await read(cy))?.name, 'Cy Holm');
});
