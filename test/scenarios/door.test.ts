import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { importJWK, SignJWT } from 'jose';
import { generateSync } from 'otplib';
import { authenticator } from '../support/authenticator.ts';
import { startHere } from '../support/embedded.ts';
import { until } from '../support/until.ts';

// The door from outside, as an app uses it: JSON, and the mails that people get.

const DATA_DIR = await mkdtemp(join(tmpdir(), 'annals-door-'));
after(() => rm(DATA_DIR, { recursive: true, force: true }));
const log: string[] = [];
const FIRST_ADMIN = 'ada@mail.example';
const { url } = await startHere(
  { DATA_DIR, FIRST_ADMIN },
  { level: 'debug', write: (line) => void log.push(line) },
);
const ORIGIN = new URL(url);

/** All that must stand nowhere in plain. */
const secrets = new Set<string>();
const secret = (text: string): string => {
  secrets.add(text);
  return text;
};
const PASSWORD = secret('correct horse battery staple');
const OTHER = secret('another horse, another battery');

interface Told {
  readonly status: number;
  readonly code?: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
}
async function call(path: string, body?: unknown, token?: string, method = 'POST'): Promise<Told> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const read = text === '' ? {} : (JSON.parse(text) as Told['body'] & { readonly code?: string });
  const { status, headers } = response;
  return { status, headers, body: read, ...('code' in read && { code: String(read.code) }) };
}

interface Kept {
  readonly person: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly language: string;
}
const mailsTo = async (address: string): Promise<readonly Kept[]> => {
  const { body } = await call('/dev/outbox', undefined, undefined, 'GET');
  return (body.mails as readonly Kept[]).filter(({ to }) => to === address);
};
/** The newest mail there that is so. */
const mailTo = (address: string, subject: RegExp): Promise<Kept> =>
  until(
    async () => (await mailsTo(address)).find((mail) => subject.test(mail.subject)),
    `a mail to ${address} about ${subject}`,
  );
/** The token of the link in a mail, which leads to our pages. */
function tokenIn({ text }: Kept, path: string): string {
  const link = new URL(/https?:\S+/.exec(text)?.[0] ?? assert.fail('the mail has no link'));
  assert.deepEqual([link.origin, link.pathname], [ORIGIN.origin, path]);
  return secret(link.searchParams.get('token') ?? '');
}

async function tokenFor(person: string, roles: readonly string[] = ['bidder']): Promise<string> {
  const { body } = await call('/dev/tokens', { sub: person, roles });
  return String(body.token);
}

/** Registers, and follows the link in the mail. */
async function registered(address: string, password = PASSWORD) {
  const asked = await call('/accounts/registrations', { email: address, password, language: 'fr' });
  assert.deepEqual([asked.status, asked.body], [202, {}]);
  const mail = await mailTo(address, /Confirmez votre adresse/);
  const token = tokenIn(mail, '/account/verify');
  assert.equal((await call('/accounts/email-verifications', { token, password })).status, 204);
  return { person: mail.person, token: await tokenFor(mail.person) };
}

test('whoever registers follows the link in the mail; whoever has the address already is told, and nobody else', async () => {
  const { token } = await registered('ann@mail.example');
  const { body } = await call('/accounts/me', undefined, token, 'GET');
  assert.deepEqual(body, {
    ...{ email: 'ann@mail.example', emailVerified: true, totp: false, passkeys: [], recoveryCodesLeft: 0 },
  });
  const known = await call('/accounts/registrations', { email: 'Ann@mail.example', password: OTHER });
  const unknown = await call('/accounts/registrations', { email: 'new@mail.example', password: OTHER });
  assert.deepEqual([known.status, known.body], [unknown.status, unknown.body]);
  const told = await mailTo('ann@mail.example', /déjà un compte/);
  assert.ok(!told.text.includes('http'));
  const profile = await call(
    '/commands/accounts/create-profile',
    { name: 'Ann', address: '1 Street' },
    token,
  );
  assert.equal(profile.status, 200);
});

test('address and password are proven by one person: who registers last, by the link to the box', async () => {
  const email = 'lee@mail.example';
  const register = (password: string) => call('/accounts/registrations', { email, password });
  const verify = async (token: string, password: string) => {
    const { status, code } = await call('/accounts/email-verifications', { token, password });
    return [status, code];
  };
  const first = await register(PASSWORD);
  const before = tokenIn(await mailTo(email, /Confirm your address/), '/account/verify');
  const second = await register(OTHER);
  assert.deepEqual([second.status, second.body], [first.status, first.body]);
  const [mail] = await until(async () => {
    const mails = await mailsTo(email);
    return mails.length > 1 && mails;
  }, 'another mail to who has registered anew');
  assert.ok(mail);
  const token = tokenIn(mail, '/account/verify');
  assert.deepEqual(await verify(before, PASSWORD), [403, 'invalid_credentials']);
  assert.deepEqual(await verify(token, PASSWORD), [403, 'invalid_credentials']);
  assert.deepEqual(await verify(token, OTHER), [204, undefined]);
});

test('what is asked is bounded and strict, and nothing is taken but JSON', async () => {
  const email = 'big@mail.example';
  const big = await call('/accounts/registrations', { email, password: 'x'.repeat(1_000_000) });
  assert.deepEqual([big.status, big.code], [413, 'invalid']);
  const long = await call('/accounts/registrations', { email, password: 'x'.repeat(3_000) });
  assert.deepEqual([long.status, long.code], [400, 'invalid']);
  assert.equal(
    (await call('/accounts/registrations', { email, password: PASSWORD, role: 'admin' })).status,
    400,
  );
  const form = await fetch(`${url}/accounts/registrations`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify({ email, password: PASSWORD }),
  });
  assert.equal(form.status, 415);
  assert.equal((await call('/accounts/email-verifications', undefined, undefined, 'GET')).status, 405);
  assert.equal((await call('/accounts/me', undefined, undefined, 'GET')).code, 'unauthenticated');
});

test('fifty wrong passwords at once are all counted, and another account is not kept out', async () => {
  const eve = await registered('eve@mail.example');
  const fay = await registered('fay@mail.example');
  const change = (who: typeof eve, old: string) =>
    call('/accounts/me/password', { old, password: OTHER }, who.token);
  const wrong = await Promise.all(Array.from({ length: 50 }, () => change(eve, 'wrong')));
  const count = (code: string) => wrong.filter((each) => each.code === code).length;
  // Of one person only some are under way at once; none of them is verified behind the tenth.
  assert.equal(count('invalid_credentials'), 10);
  assert.equal(count('too_many_attempts') + count('overloaded'), 40);
  const right = await change(eve, PASSWORD);
  assert.deepEqual([right.status, right.code], [429, 'too_many_attempts']);
  assert.ok(Number(right.headers.get('retry-after')) > 0);
  assert.equal((await change(fay, PASSWORD)).status, 204);
  assert.match((await mailTo('fay@mail.example', /mot de passe a changé/)).text, /modifié/);
});

test('another password by mail: once, and whether there is an account nobody learns', async () => {
  await registered('gil@mail.example');
  const asked = await call('/accounts/password-resets', { email: 'gil@mail.example' });
  const nobody = await call('/accounts/password-resets', { email: 'nobody@mail.example' });
  assert.deepEqual([asked.status, asked.body], [nobody.status, nobody.body]);
  const token = tokenIn(await mailTo('gil@mail.example', /nouveau mot de passe/), '/account/reset');
  const confirm = () => call('/accounts/password-resets/confirm', { token, password: OTHER });
  assert.equal((await confirm()).status, 204);
  const again = await confirm();
  assert.deepEqual([again.status, again.code], [410, 'link_void']);
  assert.deepEqual(await mailsTo('nobody@mail.example'), []);
});

test('another address is used once its link was followed, and the old one is told', async () => {
  const { token, person } = await registered('hal@mail.example');
  const ask = { email: 'hal2@mail.example', password: PASSWORD };
  // A stranger has registered it, and cannot prove it.
  const before = { email: ask.email, password: OTHER };
  assert.equal((await call('/accounts/registrations', before)).status, 202);
  const theirs = await mailTo(ask.email, /Confirm your address/);
  const theirToken = tokenIn(theirs, '/account/verify');
  assert.equal((await call('/accounts/me/email', ask, token)).status, 202);
  const link = tokenIn(await mailTo('hal2@mail.example', /nouvelle adresse/), '/account/email');
  const follow = { token: link, password: PASSWORD };
  for (const _ of ['once', 'twice'])
    assert.equal((await call('/accounts/email-changes', follow)).status, 204);
  const gone = { token: theirToken, password: OTHER };
  assert.equal((await call('/accounts/email-verifications', gone)).code, 'link_void');
  const without = () => tokenFor(theirs.person, []);
  const asStranger = await call('/accounts/me', undefined, await without(), 'GET');
  assert.notEqual(asStranger.status, 200);
  await mailTo('hal@mail.example', /une autre adresse/);
  await until(
    async () => (await mailsTo(ask.email)).every((mail) => mail.person !== theirs.person),
    'it is forgotten',
  );
  const { body } = await call('/accounts/me', undefined, token, 'GET');
  assert.equal(body.email, 'hal2@mail.example');
  const next = await registered('hal@mail.example');
  assert.notEqual(next.person, person, 'the old one is free');
});

test('second factors: codes and passkeys are taken once, and from our pages alone', async () => {
  const { token } = await registered('ivy@mail.example');
  const enrolled = await call('/accounts/me/totp', undefined, token);
  const code = secret(generateSync({ secret: secret(String(enrolled.body.secret)) }));
  const confirm = (of: string) => call('/accounts/me/totp/confirm', { code: of }, token);
  assert.equal((await confirm(code === '000000' ? '111111' : '000000')).code, 'invalid_code');
  const confirmed = await confirm(code);
  const withFirst = confirmed.body.codes as string[];
  assert.deepEqual([confirmed.status, withFirst.length], [200, 10]);
  for (const each of withFirst) secret(each);
  assert.equal((await confirm(code)).code, 'factor_unknown');
  const made = await call('/accounts/me/recovery-codes', undefined, token);
  for (const each of made.body.codes as string[]) secret(each);
  const offer = await call('/accounts/me/passkeys/offer', undefined, token);
  const device = authenticator();
  const challenge = String(offer.body.challenge);
  const at = (origin: string) => device.create({ challenge, origin, rpId: ORIGIN.hostname });
  const add = (credential: unknown) => call('/accounts/me/passkeys', { credential }, token);
  const added = await add(at(ORIGIN.origin));
  assert.deepEqual([added.status, added.body], [200, { codes: [] }]);
  assert.equal((await add(at(ORIGIN.origin))).code, 'invalid_code', 'a replayed challenge');
  const second = await call('/accounts/me/passkeys/offer', undefined, token);
  const far = {
    origin: 'https://evil.example',
    rpId: ORIGIN.hostname,
    challenge: String(second.body.challenge),
  };
  assert.equal((await add(authenticator().create(far))).code, 'invalid_code', 'another origin');
  const { body } = await call('/accounts/me', undefined, token, 'GET');
  const [passkey] = body.passkeys as readonly { readonly passkey: string }[];
  assert.deepEqual([body.totp, body.recoveryCodesLeft], [true, 10]);
  const removed = await call(`/accounts/me/passkeys/${passkey?.passkey}`, undefined, token, 'DELETE');
  assert.equal(removed.status, 204);
  assert.equal((await call('/accounts/me/totp', undefined, token, 'DELETE')).status, 204);
  await mailTo('ivy@mail.example', /façon de vous connecter/);
});

test('what is dear asks for whoever has proven just before who they are', async () => {
  const { person } = await registered('jan@mail.example');
  const jwk = JSON.parse(await readFile(join(DATA_DIR, 'token-key.json'), 'utf8')) as Parameters<
    typeof importJWK
  >[0];
  const signed = new SignJWT({ roles: ['bidder'], reputation: 0 })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt' })
    .setSubject(person)
    .setIssuer('annals')
    .setAudience('annals')
    .setIssuedAt()
    .setExpirationTime('1h');
  const token = await signed.sign(await importJWK(jwk, 'EdDSA'));
  assert.equal((await call('/accounts/me', undefined, token, 'GET')).status, 200);
  const dear = [
    ['POST', '/accounts/me/totp'],
    ['DELETE', '/accounts/me/totp'],
    ['POST', '/accounts/me/recovery-codes'],
    ['GET', '/accounts/me/export'],
    ['POST', '/accounts/me/email'],
  ] as const;
  for (const [method, path] of dear) {
    const told = await call(path, undefined, token, method);
    assert.deepEqual([told.status, told.code], [401, 'step_up_required'], path);
    const challenge = told.headers.get('www-authenticate') ?? '';
    assert.match(challenge, /error="insufficient_user_authentication", acr_values="urn:annals:stepped-up"/);
  }
});

test('whom the operator has named is an administrator, who neither bids nor sells', async () => {
  const { person } = await registered(FIRST_ADMIN);
  // A token from before says that they may bid, and is taken no more.
  const exported = () =>
    until(async () => {
      const answer = await call('/accounts/me/export', undefined, await tokenFor(person, ['admin']), 'GET');
      return answer.status === 200 && answer;
    }, 'a token that was issued behind it');
  const grants = async () => {
    const { body } = await exported();
    const events = body.events as readonly {
      readonly type: string;
      readonly data: { readonly role?: string; readonly by?: string };
    }[];
    return events.filter(({ type }) => /^Role/.test(type)).map(({ type, data }) => `${type} ${data.role}`);
  };
  assert.deepEqual(await grants(), [
    ...['RoleGranted bidder', 'RoleGranted seller', 'RoleWithdrawn bidder', 'RoleWithdrawn seller'],
    'RoleGranted admin',
  ]);
  const other = await registered('kit@mail.example');
  const admin = await tokenFor(person, ['admin']);
  const grant = { person: other.person, role: 'clerk' };
  const refused = await call('/commands/accounts/grant-role', grant, admin);
  assert.equal(refused.code, 'roles_conflict');
});

test('no secret stands in any file or line of the log', async () => {
  assert.ok(secrets.size > 15);
  const files = (await readdir(DATA_DIR)).filter((name) => /\.(db|db-wal)$/.test(name));
  for (const name of ['events.db', 'views.db', 'keys.db', 'mails.db', 'attempts.db'])
    assert.ok(files.includes(name), name);
  const texts = await Promise.all(files.map((name) => readFile(join(DATA_DIR, name), 'latin1')));
  // Six digits stand in many a number by chance.
  const sought = [...secrets].filter((text) => text.length > 6);
  for (const [at, text] of [...texts, log.join('\n')].entries())
    for (const each of sought)
      assert.ok(!text.includes(each), `a secret stands in ${files[at] ?? 'the log'}`);
  for (const [at, text] of texts.entries())
    assert.ok(!text.includes('ivy@mail.example'), `an address stands in ${files[at]}`);
});
