import assert from 'node:assert/strict';
import { codeOf, PASSWORD, type People, type System, type Tokens } from './people.ts';
import { until } from './until.ts';

// What people do with their accounts, over HTTP from outside: register, sign in, say who they are, change their password. The platform
// is asked by itself, and behind a gateway.

export interface World {
  readonly people: People;
  /** By which they come in. */
  readonly web: System;
  /** What a command says that comes without a token; undefined: a gateway stops it, which has no codes. */
  readonly noToken: string | undefined;
}

const profile = { name: 'Anna Lind', address: 'Storgatan 1\nLund' };
const PROFILE = '{ profile { person name address phone } }';

/** What they ask of their profile. */
function profilesOf({ send, graphql }: People) {
  const read = async (token: string) =>
    ((await graphql(PROFILE, token)).body.data as { profile: Record<string, unknown> | null }).profile;
  return {
    create: (token?: string, of: object = profile) => send('/commands/accounts/create-profile', of, token),
    change: (token?: string, of: object = profile) => send('/commands/accounts/change-profile', of, token),
    read,
    reads: (token: string, name: string) =>
      until(async () => (await read(token))?.name === name, `a profile of ${name}`),
  };
}

/** *Register*: a profile is reached by nobody before they have signed in, and by its person behind it. */
export async function registers({ people, web, noToken }: World): Promise<void> {
  const { graphql, register, signIn } = people;
  const { create, change, read, reads } = profilesOf(people);
  await register('anna@example.org');
  for (const refused of [await create(), await change()])
    assert.deepEqual([refused.status, codeOf(refused)], [401, noToken]);
  assert.equal(codeOf(await graphql(PROFILE)), 'unauthenticated');
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
}

/** *Password Changing*: only behind signing in, only with the old one, and then the new one alone opens. */
export async function changesPassword({ people, web }: World): Promise<void> {
  const { send, graphql, register, signIn } = people;
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
}

/** *Profile Visibility*: nobody is shown the profile of another, whichever way they ask. */
export async function seesOwnProfileOnly({ people, web }: World): Promise<void> {
  const { graphql, register, signIn } = people;
  const { create, read, reads } = profilesOf(people);
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
}
