import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateSync } from 'otplib';
import { MoneyLeft, WalletsOpen } from '#domain/accounts/account/messages.ts';
import { type OpenPages, openPages, PASSWORD } from '#test/support/pages/open.ts';
import { attributeOf, type Seen, type Walker, walker } from '#test/support/pages/walker.ts';

// People at the pages, without a script: each page that they are shown is looked at by the walker.

const OTHER_PASSWORD = 'twelve grey horses in rain';
const ann = { email: 'ann@mail.example', password: PASSWORD };

const codeOf = (secret: string, later = 0) =>
  generateSync({ secret, epoch: Math.floor(Date.now() / 1_000) + later });
const secretIn = ({ text }: Seen) => (/Key ?([A-Z2-7 ]+?) ?Then/.exec(text)?.[1] ?? '').replaceAll(' ', '');

/** To the account, by the password alone. */
async function signedIn({ origin }: OpenPages, languages?: string): Promise<Walker> {
  const visitor = walker(origin, languages);
  const asked = await visitor.follow(await visitor.get('/account'));
  const seen = await visitor.follow(await visitor.post(asked.at, ann));
  assert.equal(seen.at, '/account');
  return visitor;
}

/** To a page for which one has to prove once more who one is. */
async function steppedUp(visitor: Walker, path: string): Promise<Seen> {
  const seen = await visitor.follow(await visitor.get(path));
  if (!seen.at.startsWith('/sign-in/')) return seen;
  return visitor.follow(await visitor.post(seen.at, { password: PASSWORD }));
}

test('somebody comes from a system, is asked, and arrives there', async () => {
  const opened = await openPages();
  const visitor = walker(opened.origin);
  const begun = await visitor.follow(
    await visitor.get(
      `/oidc/start?to=${opened.system}/back&hint=ann@mail.example&scope=openid+roles+odd%3Cone`,
    ),
  );
  assert.match(begun.text, /Sign in to go on to Shop/);
  assert.match(begun.body, /value="ann@mail.example"/);
  const wrong = await visitor.post(begun.at, { ...ann, password: 'wrong <password>' });
  assert.equal(wrong.status, 403);
  assert.match(wrong.title, /^Error: Sign in/);
  assert.doesNotMatch(wrong.body, /wrong &lt;password|wrong <password/);
  const right = await visitor.post(begun.at, ann);
  assert.equal(right.status, 200, 'no redirect, which the policy for forms would follow out of here');
  const consent = await visitor.follow(right);
  assert.match(consent.title, /May Shop have this\?/);
  assert.match(consent.text, /signed in as ann@mail.example\.Shop takes you back to 127\.0\.0\.1:\d+\./);
  assert.match(
    consent.text,
    /place bids that bind you.*offer your lots.*proven who you are.*money of yours to others/,
  );
  assert.doesNotMatch(consent.text, /for the house|everybody|accounts of others/);
  assert.match(consent.text, /Until you end it, and for 30 days at most\..*Where you are signed in/);
  assert.match(consent.text, /“odd<one”/);
  const arrived = await visitor.follow(await visitor.post(consent.at, { decision: 'allow' }));
  assert.equal(arrived.at, `${opened.system}/back?code=c`);
  const [{ atMs, ...finished }] = opened.provider.finished as unknown as [{ atMs: number }];
  assert.deepEqual([finished, opened.provider.finished.length], [{ person: 'ann', methods: ['pwd'] }, 1]);
  assert.ok(atMs > 0);
});

test('who does not want to goes back: before signing in, and before allowing', async () => {
  const opened = await openPages();
  const visitor = walker(opened.origin);
  const start = async () => visitor.follow(await visitor.get(`/oidc/start?to=${opened.system}/back`));
  const begun = await start();
  assert.match((await visitor.get(`${begun.at}/abort`)).text, /Stop signing in\?/);
  const back = await visitor.follow(await visitor.post(`${begun.at}/abort`, {}));
  assert.equal(back.at, `${opened.system}/back?error=access_denied`);
  assert.equal((await visitor.get(begun.at)).status, 410);
  const again = await start();
  const consent = await visitor.follow(await visitor.post(again.at, ann));
  // Nothing but the word lets a system have anything.
  const denied = await visitor.follow(await visitor.post(consent.at, { decision: 'whatever' }));
  assert.equal(denied.at, `${opened.system}/back?error=access_denied`);
});

test('two tabs have each a sign-in of their own, and a form of one does nothing in the other', async () => {
  const opened = await openPages();
  const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
  opened.ann.totp = { secret, lastStep: undefined };
  const visitor = walker(opened.origin);
  const begin = async () =>
    (await visitor.follow(await visitor.get(`/oidc/start?to=${opened.system}/back`))).at;
  const [first, second] = [await begin(), await begin()];
  const step = await visitor.follow(await visitor.post(first, ann));
  assert.equal(step.at, `${first}/second-factor`);
  const code = { by: 'totp', code: codeOf(secret) };
  for (const [further, form] of [
    ['second-factor', code],
    ['consent', { decision: 'allow' }],
  ] as const)
    assert.equal((await visitor.post(`${second}/${further}`, form)).to, second, further);
  assert.deepEqual([opened.provider.finished, opened.ann.totp.lastStep], [[], undefined]);
  const consent = await visitor.follow(await visitor.post(step.at, code));
  assert.match(consent.title, /May Shop have this/);
  const other = await visitor.post(second, ann);
  assert.equal(other.to, `${second}/second-factor`);
});

test('after too many attempts people are told when to come again, in their language', async () => {
  const { origin, system } = await openPages();
  const visitor = walker(origin, 'ru');
  const { at } = await visitor.follow(await visitor.get(`/oidc/start?to=${system}`));
  const attempt = () => visitor.post(at, { ...ann, password: 'wrong' });
  for (let count = 0; count < 5; count++) assert.match((await attempt()).text, /Адрес или пароль неверен/);
  const seen = await attempt();
  assert.equal(seen.status, 429);
  assert.equal(seen.headers.get('retry-after'), '300');
  assert.match(seen.text, /слишком много попыток.*через 5 минут/);
});

test('a system may say in which language, and whoever has chosen another keeps that', async () => {
  const opened = await openPages();
  const visitor = walker(opened.origin, 'en');
  const begin = async () => visitor.follow(await visitor.get(`/oidc/start?to=${opened.system}&ui=fr`));
  const begun = await begin();
  assert.match(begun.title, /^Connexion/);
  assert.match(begun.body, /<html lang="fr">/);
  assert.match((await visitor.post(begun.at, { email: '', password: '' })).title, /^Erreur : Connexion/);
  assert.match((await visitor.get(`${begun.at}?lang=ru`)).title, /^Вход/);
  assert.match((await begin()).title, /^Вход/);
});

test('somebody registers, follows the link of the mail by a button, and says who they are', async () => {
  const opened = await openPages();
  const visitor = walker(opened.origin);
  const short = await visitor.post('/account/register', { email: 'bob@mail.example', newPassword: 'short' });
  assert.match(short.text, /too short. At least 15/);
  assert.match(short.body, /value="bob@mail.example"/);
  const none = await visitor.post('/account/register', { email: 'bob', newPassword: '' });
  assert.match(none.text, /not an e-mail address.*nothing was entered/);
  const bob = { email: ' bob@mail.example ', newPassword: OTHER_PASSWORD };
  assert.match(
    (await visitor.follow(await visitor.post('/account/register', bob))).title,
    /Look into your mail/,
  );
  const link = `/account/verify?token=${opened.mails[0]?.token}`;
  await visitor.get(link);
  assert.equal(opened.people.get('p2')?.emailVerified, false, 'programs that read mails follow links');
  const shown = await visitor.get(link);
  const token = visitor.hidden(shown, 'token');
  const verify = (password: string) => visitor.post('/account/verify', { token, password });
  assert.match((await verify('')).text, /Password: nothing was entered/);
  const wrong = await verify(`${OTHER_PASSWORD}?`);
  assert.deepEqual([wrong.status, opened.people.get('p2')?.emailVerified], [403, false]);
  assert.match(wrong.text, /The password is wrong/);
  assert.match(wrong.body, /href="\/account\/reset"/, 'whoever does not know it asks for another');
  assert.match((await visitor.follow(await verify(OTHER_PASSWORD))).title, /Your address is confirmed/);
  assert.match((await verify(OTHER_PASSWORD)).text, /This link is used/);
  assert.equal((await visitor.get('/account/verify')).status, 400);

  const asked = await visitor.follow(await visitor.get('/account/profile'));
  const input = { email: 'bob@mail.example', password: OTHER_PASSWORD };
  const profile = await visitor.follow(await visitor.post(asked.at, input));
  assert.equal(profile.at, '/account/profile');
  const told = { name: ' Bob <b>', address: 'Street 1\r\nTown', phone: '' };
  const command = visitor.hidden(profile, 'command');
  const empty = await visitor.post('/account/profile', { ...told, name: ' ', command });
  assert.match(empty.text, /Name: nothing was entered/);
  const saved = await visitor.follow(await visitor.post('/account/profile', { ...told, command }));
  assert.match(saved.text, /Your profile is saved/);
  assert.match(saved.text, /Bob <b>.*Street 1 Town/);
  await visitor.post('/account/profile', { ...told, phone: '+1 23', command });
  const sent = opened.sent.map(({ command: type, commandId, actor, data }) => ({
    type,
    commandId,
    actor,
    data,
  }));
  const actor = { id: 'p2', roles: ['bidder', 'seller'], reputation: 0 };
  assert.deepEqual(
    sent,
    [
      {
        type: 'CreateProfile',
        commandId: command,
        actor,
        data: { name: ' Bob <b>', address: 'Street 1\nTown' },
      },
      {
        type: 'ChangeProfile',
        commandId: command,
        actor,
        data: { ...told, address: 'Street 1\nTown', phone: '+1 23' },
      },
    ].map(({ data, ...rest }) => ({ ...rest, data: { ...data, name: 'Bob <b>' } })),
  );
});

test('whoever registers on the way to a system goes on to it, in the browser where it waits', async () => {
  const opened = await openPages();
  const [visitor, other] = [walker(opened.origin), walker(opened.origin)];
  const hrefs = ({ elements }: Seen) => elements.flatMap((each) => attributeOf(each, 'href') ?? []);
  const begun = await visitor.follow(await visitor.get(`/oidc/start?to=${opened.system}/back`));
  // One's own pages begin one too: it is not what anybody waits for.
  await visitor.get('/account');
  await visitor.post('/account/register', { email: 'bob@mail.example', newPassword: OTHER_PASSWORD });
  for (const path of ['/account/register', '/account/register/sent'])
    assert.ok(hrefs(await visitor.get(path)).includes(begun.at), path);
  const verified = await visitor.follow(
    await visitor.post('/account/verify', {
      token: opened.mails[0]?.token ?? '',
      password: OTHER_PASSWORD,
    }),
  );
  assert.match(verified.text, /Go on to Shop$/);
  assert.ok(hrefs(verified).includes(begun.at));
  const elsewhere = await other.get('/account/verify/done');
  assert.match(elsewhere.text, /Go back to it in the browser where you began.*Your account$/);
  assert.doesNotMatch(elsewhere.body, /\/sign-in\//);
  const gallery = await visitor.follow(await visitor.get(`/oidc/start?to=${opened.system}&name=Gallery`));
  await visitor.get(`/oidc/start?to=${opened.system}`);
  assert.match((await visitor.get('/account/reset/done')).text, /Go on to Shop Go on to Gallery$/);
  const bob = { email: 'bob@mail.example', password: OTHER_PASSWORD };
  const consent = await visitor.follow(await visitor.post(begun.at, bob));
  const arrived = await visitor.follow(await visitor.post(consent.at, { decision: 'allow' }));
  assert.equal(arrived.at, `${opened.system}/back?code=c`);
  await visitor.post(`${gallery.at}/abort`, {});
  assert.match((await visitor.get('/account/verify/done')).text, /Go on to Shop$/);
});

test('a forgotten password is replaced by the link of a mail, and nobody learns whose account there is', async () => {
  const opened = await openPages();
  const visitor = walker(opened.origin);
  const answers = [];
  for (const email of ['nobody@mail.example', 'ann@mail.example']) {
    const seen = await visitor.follow(await visitor.post('/account/reset', { email }));
    answers.push([seen.status, seen.text]);
  }
  assert.deepEqual(answers[0], answers[1]);
  const shown = await visitor.follow(await visitor.get(`/account/reset?token=${opened.mails[0]?.token}`));
  const token = visitor.hidden(shown, 'token');
  const refused = await visitor.post('/account/reset/confirm', { token, newPassword: 'passwordpassword' });
  assert.equal(refused.status, 422);
  assert.doesNotMatch(refused.body, /passwordpassword/);
  const done = await visitor.follow(
    await visitor.post('/account/reset/confirm', { token, newPassword: OTHER_PASSWORD }),
  );
  assert.match(done.title, /You have a new password/);
  assert.equal(opened.ann.password, OTHER_PASSWORD);
});

test('an app is set up, asked for, and taken once; a recovery code opens where it is lost', async () => {
  const opened = await openPages();
  const visitor = await signedIn(opened);
  assert.match((await steppedUp(visitor, '/account/security')).title, /Second factors/);
  const enrolled = await visitor.post('/account/security/totp', {});
  assert.match(enrolled.body, /<svg class="qr" role="img"/);
  const secret = secretIn(enrolled);
  assert.match((await visitor.get('/account/password')).text, /At least 15 characters/);
  const wrong = await visitor.post('/account/security/totp/confirm', { code: '12345' });
  assert.match(wrong.text, /six digits/);
  assert.doesNotMatch(wrong.body, new RegExp(secret));
  const on = await visitor.post('/account/security/totp/confirm', { code: codeOf(secret) });
  assert.match(on.text, /From now on you are asked for a code/);
  assert.match(on.title, /Your recovery codes/);
  assert.equal(on.text.match(/[0-9A-Z]{4}(-[0-9A-Z]{4}){3}/g)?.length, 10, 'they come with the first factor');
  assert.match((await visitor.get('/account/password')).text, /At least 8 characters/);
  const codes = await visitor.post('/account/security/recovery-codes', {});
  const [first = ''] = /[0-9A-Z]{4}(-[0-9A-Z]{4}){3}/.exec(codes.text) ?? [];
  assert.match(codes.title, /Your recovery codes/);

  const other = walker(opened.origin);
  const begin = async () => (await other.follow(await other.get(`/oidc/start?to=${opened.system}`))).at;
  const uid = await begin();
  assert.equal((await other.get(`${uid}/second-factor`)).to, uid, 'nobody comes here without a password');
  const step = await other.follow(await other.post(uid, ann));
  assert.match(step.title, /Second step/);
  const bad = await other.post(step.at, { by: 'totp', code: '000000' });
  assert.deepEqual([bad.status, /not taken/.test(bad.text)], [403, true]);
  const bent = await other.post(step.at, { by: 'passkey', answer: '{' });
  assert.match(bent.text, /passkey was not taken/);
  const done = await other.follow(await other.post(step.at, { by: 'totp', code: codeOf(secret, 30) }));
  assert.match(done.title, /May Shop have this/);
  const third = walker(opened.origin);
  const { at } = await third.follow(await third.get(`/oidc/start?to=${opened.system}`));
  const next = await third.follow(await third.post(at, ann));
  const recovered = await third.follow(
    await third.post(next.at, { by: 'recoveryCode', recoveryCode: first }),
  );
  assert.match(recovered.title, /May Shop have this/);
  assert.deepEqual(
    opened.provider.finished.map(({ methods }) => methods),
    [['pwd'], ['pwd'], ['pwd', 'otp'], ['pwd', 'recovery']],
  );
});

test('what matters most is only done by who has just proven who they are', async () => {
  const opened = await openPages();
  const visitor = await signedIn(opened);
  for (const path of [
    '/account/security',
    '/account/email-change',
    '/account/export',
    '/account/close',
    '/account/erase',
  ]) {
    const asked = await visitor.follow(await visitor.get(path));
    assert.match(asked.text, /Is it still you\?.*signed in as ann@mail.example/, path);
  }
  for (const path of [
    ...[
      'totp',
      'totp/confirm',
      'totp/remove',
      'passkeys',
      'passkeys/remove',
      'passkey-offer',
      'recovery-codes',
    ].map((name) => `/account/security/${name}`),
    ...['email-change', 'export', 'close', 'erase', 'wallets/close'].map((name) => `/account/${name}`),
  ])
    assert.match((await visitor.post(path, { erase: 'yes', close: 'yes' })).to ?? '', /^\/sign-in\//, path);
  assert.deepEqual([opened.sent.length, opened.ann.totp, opened.ann.recovery.length], [0, undefined, 0]);
  const { at } = await visitor.follow(await visitor.get('/account/erase'));
  const wrong = await visitor.post(at, { password: 'wrong' });
  assert.match(wrong.text, /The password is wrong/);
  assert.match(wrong.body, /aria-describedby="field-password-trouble" aria-invalid="true"/);
});

test('somebody looks at their sessions, ends another and then this one', async () => {
  const opened = await openPages();
  await signedIn(opened);
  const visitor = await signedIn(opened);
  const [here, other] = opened.ann.sessions;
  const shown = await visitor.get('/account/sessions');
  assert.match(
    shown.text,
    /The pages of your account here Firefox, Android since .* UTC until .* UTC from 192\.0\.2\.7 .*your account Firefox, Android since/,
  );
  const ended = await visitor.follow(
    await visitor.post('/account/sessions', { session: other?.session ?? '' }),
  );
  assert.match(ended.text, /That session is over/);
  assert.deepEqual(opened.ann.sessions, [here]);
  const out = await visitor.follow(await visitor.post('/account/sessions', { session: here?.session ?? '' }));
  assert.match(out.title, /You are signed out/);
  assert.match((await visitor.get('/account')).to ?? '', /^\/sign-in\//);
  const third = await signedIn(opened);
  await third.follow(await third.post('/account/sessions/end-all', {}));
  assert.deepEqual(opened.ann.sessions, []);
  assert.equal(opened.sent.at(-1)?.command, 'EndAllSessions');
});

test('somebody takes their data along, is told what stands against erasing, and is erased', async () => {
  const opened = await openPages();
  const visitor = await signedIn(opened);
  await steppedUp(visitor, '/account/export');
  const file = await visitor.post('/account/export', {});
  assert.match(
    file.headers.get('content-disposition') ?? '',
    /^attachment; filename=annals-\d{4}-\d\d-\d\d\.json$/,
  );
  assert.equal((JSON.parse(file.body) as { email: string }).email, 'ann@mail.example');
  const page = await visitor.get('/account/erase');
  assert.match((await visitor.post('/account/erase', {})).text, /Tick the box/);
  const command = visitor.hidden(page, 'command');
  opened.answers.set('EraseMe', MoneyLeft({}));
  const refused = await visitor.post('/account/erase', { erase: 'yes', command });
  assert.equal(refused.status, 409);
  assert.match(refused.text, /There is money of yours here/);
  opened.answers.clear();
  for (const [command, path] of [
    ['CloseAccount', '/account/close'],
    ['EraseMe', '/account/erase'],
  ] as const) {
    opened.answers.set(command, WalletsOpen({ currencies: ['EUR', 'USD'] }));
    const stays = await visitor.post(path, { erase: 'yes', close: 'yes' });
    assert.match(stays.text, /open wallets \(EUR and USD\).*Close the wallets/);
    const form = { currencies: visitor.hidden(stays, 'currencies'), by: visitor.hidden(stays, 'by') };
    opened.answers.set('CloseWallet', MoneyLeft({}));
    assert.match((await visitor.post('/account/wallets/close', form)).text, /There is money of yours here/);
    opened.answers.clear();
    const before = opened.sent.length;
    const closed = await visitor.follow(await visitor.post('/account/wallets/close', form));
    assert.equal(closed.at, `${path}?done=wallets`);
    assert.match(closed.text, /Your wallets are closed/);
    const sent = opened.sent.slice(before).map(({ command: name, data }) => [name, data]);
    assert.deepEqual(sent, [
      ['CloseWallet', { currency: 'EUR' }],
      ['CloseWallet', { currency: 'USD' }],
    ]);
  }
  const done = await visitor.follow(await visitor.post('/account/erase', { erase: 'yes', command: 'c-9' }));
  assert.match(done.title, /You are erased/);
  assert.deepEqual(opened.sent.at(-1)?.data, { forGood: true });
  assert.equal(opened.sent.at(-1)?.commandId, 'c-9');
  assert.match((await visitor.get('/account')).to ?? '', /^\/sign-in\//);
});

test('a file that breaks off in the middle does not look whole', async () => {
  const opened = await openPages();
  const visitor = await signedIn(opened);
  await steppedUp(visitor, '/account/export');
  opened.door.exportOf = async () =>
    (async function* broken() {
      yield '{"a":';
      throw new Error('the store is gone');
    })();
  await assert.rejects(visitor.post('/account/export', {}));
  assert.equal(opened.reported.length, 1);
  // Much more than a connection holds.
  opened.door.exportOf = async () =>
    (async function* long() {
      yield '"';
      for (let count = 0; count < 200; count++) yield 'x'.repeat(50_000);
      yield '"';
    })();
  const whole = await visitor.post('/account/export', {});
  assert.equal((JSON.parse(whole.body) as string).length, 10_000_000);
});

test('a password and an address are changed by who knows the password', async () => {
  const opened = await openPages();
  const visitor = await signedIn(opened);
  const change = (oldPassword: string, newPassword: string) =>
    visitor.post('/account/password', { oldPassword, newPassword });
  assert.match(
    (await change('wrong', OTHER_PASSWORD)).body,
    /id="field-oldPassword-trouble">The password is wrong/,
  );
  assert.match(
    (await change(PASSWORD, 'aaaaaaaaaaaaaaaaaaaa')).body,
    /id="field-newPassword-trouble">This password repeats/,
  );
  await steppedUp(visitor, '/account/email-change');
  const asked = await visitor.post('/account/email-change', {
    email: 'anna@mail.example',
    password: PASSWORD,
  });
  assert.match((await visitor.follow(asked)).text, /sent a mail to the new address/);
  const token = opened.mails[0]?.token ?? '';
  const wrong = await visitor.post('/account/email', { token, password: OTHER_PASSWORD });
  assert.match(wrong.text, /The password is wrong/);
  await visitor.post('/account/email', { token, password: PASSWORD });
  assert.match((await visitor.get('/account')).text, /anna@mail.example confirmed/);
  opened.ann.emailVerified = false;
  assert.match((await visitor.get('/account')).text, /not confirmed yet/);
  assert.match(
    (await visitor.follow(await visitor.post('/account/verification', {}))).text,
    /mail is on its way/,
  );
  assert.match((await visitor.get('/account?done=__proto__')).text, /^Your account/);

  const changed = await visitor.follow(await change(PASSWORD, OTHER_PASSWORD));
  assert.match(changed.text, /You have a new password.*signed out everywhere/);
  assert.match((await visitor.get('/account')).to ?? '', /^\/sign-in\//, 'also here');
});

test('an administrator is told that they have no profile, and is offered none', async () => {
  const opened = await openPages();
  const visitor = await signedIn(opened);
  opened.ann.roles = ['admin'];
  const seen = await visitor.get('/account');
  assert.match(seen.text, /An administrator has no profile\. You look after the accounts of others\./);
  assert.doesNotMatch(seen.body, /href="\/account\/profile"/);
  assert.match((await visitor.get('/account/profile')).text, /An administrator has no profile/);
});

test('whoever is told to ask for a new link finds where', async () => {
  const { origin } = await openPages();
  const visitor = walker(origin);
  const given = { token: 'none', password: PASSWORD, newPassword: OTHER_PASSWORD };
  for (const [path, to] of [
    ['/account/reset/confirm', '/account/reset'],
    ['/account/verify', '/account'],
    ['/account/email', '/account/email-change'],
  ] as const) {
    const link = new RegExp(`href="${to}">Ask for a new link`);
    assert.match((await visitor.get(path)).body, link, path);
    assert.match((await visitor.post(path, given)).body, link, path);
    assert.doesNotMatch((await visitor.get(`${path}?token=some`)).body, link, path);
  }
  const lost = await visitor.get('/account/nowhere');
  assert.deepEqual([lost.status, /href="\/account">Your account/.test(lost.body)], [404, true]);
});

test('words of others stay words on every page', async () => {
  const hostile = `"><img src=x onerror=alert(1)><script>alert(1)</script>'`;
  const opened = await openPages();
  const visitor = walker(opened.origin);
  const named = encodeURIComponent(hostile);
  const start = `/oidc/start?to=${opened.system}&name=${named}&scope=${named}&hint=${named}`;
  const begun = await visitor.follow(await visitor.get(start));
  assert.ok(begun.text.includes(hostile));
  await visitor.post(begun.at, { email: hostile, password: hostile });
  const consent = await visitor.follow(await visitor.post(begun.at, ann));
  assert.ok(consent.title.includes(hostile));
  opened.ann.email = hostile;
  opened.ann.profile = { name: hostile, address: hostile, phone: hostile };
  opened.ann.sessions = opened.ann.sessions.map((each) => ({ ...each, address: hostile, system: hostile }));
  for (const path of [
    '/account',
    '/account/profile',
    '/account/sessions',
    '/account/sign-out',
    '/account/password',
  ]) {
    const seen = await visitor.get(`${path}?done=${named}&lang=en&x=${named}`);
    assert.equal(seen.status, 200, path);
    assert.doesNotMatch(seen.body, /<img/, path);
  }
});
