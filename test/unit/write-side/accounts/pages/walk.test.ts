import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPages } from '#test/support/pages/open.ts';
import { ann, codeOf, OTHER_PASSWORD, signedIn, steppedUp } from '#test/support/pages/visiting.ts';
import { attributeOf, type Seen, textOf, walker } from '#test/support/pages/walker.ts';

// People come in at the pages, without a script: each page that they are shown is looked at by the walker.

const secretIn = ({ text }: Seen) => (/Key ?([A-Z2-7 ]+?) ?Then/.exec(text)?.[1] ?? '').replaceAll(' ', '');

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
  assert.match(
    right.to ?? '',
    /^\/oidc\/auth\//,
    'which the policy for forms follows: it ends at a page of ours',
  );
  const consent = await visitor.follow(right);
  assert.match(consent.title, /May Shop have this\?/);
  assert.match(consent.text, /signed in as ann@mail.example\.Shop takes you back to 127\.0\.0\.1:\d+\./);
  assert.match(
    consent.text,
    /place bids that bind you.*offer your lots.*proven who you are.*money of yours to others/,
  );
  assert.doesNotMatch(consent.text, /for the house|everybody|accounts of others/);
  assert.match(consent.text, /Until you end it, and for 30 days at most\..*Where you are signed in/);
  assert.match(consent.text, /It is told ?that it is you, by an id that says nothing about you ?It may do/);
  assert.doesNotMatch(consent.text, /roles|odd/, 'what nobody gets is not shown');
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

test('whoever is signed in goes on as somebody else where they are asked, and comes back to it', async () => {
  const opened = await openPages();
  const bob = { email: 'bob@mail.example', password: OTHER_PASSWORD };
  opened.people.set('bob', { ...opened.ann, ...bob, sessions: [], roles: ['clerk'] });
  const visitor = await signedIn(opened);
  const start = `/oidc/start?to=${opened.system}/back&hint=ann@mail.example`;
  const { at } = await visitor.follow(await visitor.get(start));
  const consent = await visitor.follow(await visitor.post(at, ann));
  assert.match(consent.text, /signed in as ann@mail\.example.*Use another account/);
  const stranger = walker(opened.origin);
  const { at: theirs } = await stranger.follow(await stranger.get(start));
  const same = await stranger.follow(await stranger.post(`${theirs}/another-account`, {}));
  assert.match(same.body, /value="ann@mail\.example"/, 'who is not signed in is nobody else yet');
  const asked = await visitor.follow(
    await visitor.post(`${consent.at.replace('/consent', '')}/another-account`, {}),
  );
  assert.match(asked.text, /Sign in to go on to Shop/);
  assert.doesNotMatch(asked.body, /ann@mail\.example/);
  const his = await visitor.follow(await visitor.post(asked.at, bob));
  assert.match(his.text, /May Shop have this\?.*signed in as bob@mail\.example.*work for the house/);
  const arrived = await visitor.follow(await visitor.post(his.at, { decision: 'allow' }));
  assert.equal(arrived.at, `${opened.system}/back?code=c`);
  const once = await visitor.follow(await visitor.get('/account/security'));
  assert.match(once.text, /Is it still you\?.*bob@mail\.example.*Use another account/);
  const other = await visitor.follow(await visitor.post(`${once.at}/another-account`, {}));
  assert.match(other.title, /^Sign in/);
  await visitor.follow(await visitor.post(other.at, ann));
  assert.match((await visitor.get('/account')).text, /ann@mail\.example/);
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

/** As a keyboard for Japanese writes it. */
const wide = (code: string): string =>
  code.replaceAll(/\d/g, (digit) => String.fromCodePoint(digit.charCodeAt(0) + 0xfee0));

test('an app is set up, with recovery codes, which are shown once', async () => {
  const opened = await openPages();
  const visitor = await signedIn(opened);
  assert.match((await steppedUp(visitor, '/account/security')).title, /Second factors/);
  const enrolled = await visitor.post('/account/security/totp', {});
  assert.match(enrolled.body, /<svg class="qr" role="img"/);
  assert.match(
    enrolled.body,
    /<a href="otpauth:\/\/totp\//,
    'on the phone where the app is, nothing can be scanned',
  );
  const secret = secretIn(enrolled);
  assert.match((await visitor.get('/account/password')).text, /At least 15 characters/);
  const wrong = await visitor.post('/account/security/totp/confirm', { code: '12345' });
  assert.match(wrong.text, /six digits/);
  assert.equal(secretIn(wrong), secret, 'it may not be in the app yet');
  assert.match(wrong.body, new RegExp(`href="otpauth://totp/[^"]*secret=${secret}`));
  const on = await visitor.post('/account/security/totp/confirm', { code: codeOf(secret) });
  assert.match(on.text, /From now on you are asked for a code/);
  assert.match(on.title, /Your recovery codes/);
  assert.doesNotMatch(on.body, /hreflang/, 'what is shown once is not lost to another language');
  assert.equal(on.text.match(/[0-9A-Z]{4}(-[0-9A-Z]{4}){3}/g)?.length, 10, 'they come with the first factor');
  assert.equal(
    (await visitor.send('/account/security/totp/confirm', { code: codeOf(secret) })).to,
    '/account/security',
    'sent again, it has nothing to turn on any more',
  );
  assert.match((await visitor.get('/account/password')).text, /At least 8 characters/);
  const command = visitor.hidden(await visitor.get('/account/security'), 'command');
  const codes = await visitor.post('/account/security/recovery-codes', { command });
  assert.match(codes.title, /Your recovery codes/);
  assert.doesNotMatch(codes.body, /hreflang/);
  assert.match((await visitor.get('/account/security')).body, /hreflang/);
  const again = await visitor.post('/account/security/recovery-codes', { command });
  assert.deepEqual([again.status, /These codes were shown already/.test(again.text)], [409, true]);
  assert.match(again.text, /You have 10 recovery codes left.*Make new codes/);
});

/** Somebody with an app and recovery codes. */
async function withApp() {
  const opened = await openPages();
  const visitor = await signedIn(opened);
  await steppedUp(visitor, '/account/security');
  const secret = secretIn(await visitor.post('/account/security/totp', {}));
  const on = await visitor.post('/account/security/totp/confirm', { code: codeOf(secret) });
  const [first = ''] = /[0-9A-Z]{4}(-[0-9A-Z]{4}){3}/.exec(on.text) ?? [];
  return { opened, secret, first };
}

test('whoever has an app is asked for a code, which is taken once, or for a recovery code, and told which was not', async () => {
  const { opened, secret, first } = await withApp();
  const other = walker(opened.origin);
  const begin = async () => (await other.follow(await other.get(`/oidc/start?to=${opened.system}`))).at;
  const uid = await begin();
  assert.equal((await other.get(`${uid}/second-factor`)).to, uid, 'nobody comes here without a password');
  const step = await other.follow(await other.post(uid, ann));
  assert.match(step.title, /Second step/);
  const bad = await other.post(step.at, { by: 'totp', code: '000000' });
  assert.deepEqual([bad.status, /This code was not taken/.test(bad.text)], [403, true]);
  assert.match(bad.text, /I do not have my app at hand/);
  assert.match(bad.body, /<details>/);
  for (const [by, field, given] of [
    ['totp', 'code', '1'],
    ['totp', 'code', '000000'],
    ['recoveryCode', 'recoveryCode', ''],
    ['recoveryCode', 'recoveryCode', 'XXXX-XXXX-XXXX-XXXX'],
  ] as const) {
    const { body } = await other.post(step.at, { by, [field]: given });
    assert.ok(body.includes(`id="field-${field}-trouble"`), `${given} is told beside its field`);
    assert.equal(body.includes('<details>'), by === 'totp', 'what was tried stands open');
  }
  const held = await other.post(step.at, { by: 'totp', code: first });
  assert.match(held.text, /looks like a recovery code. Enter it here/);
  assert.match(held.body, /<section><h2>With a recovery code/);
  const bent = await other.post(step.at, { by: 'passkey', answer: '{' });
  assert.match(bent.text, /passkey was not taken/);
  const done = await other.follow(
    await other.post(step.at, { by: 'totp', code: `\u200e${wide(codeOf(secret, 30))}` }),
  );
  assert.match(done.title, /May Shop have this/);
  const third = walker(opened.origin);
  const { at } = await third.follow(await third.get(`/oidc/start?to=${opened.system}`));
  const next = await third.follow(await third.post(at, ann));
  const told = await third.post(next.at, {
    by: 'recoveryCode',
    recoveryCode: first.replaceAll('-', '\u2013'),
  });
  assert.match(told.text, /You are in by a recovery code.*used up\. You have 9 recovery codes left/);
  const onwards = told.elements.flatMap((each) => attributeOf(each, 'href') ?? []);
  const recovered = await third.follow(
    await third.get(onwards.find((href) => href.startsWith('/oidc/')) ?? ''),
  );
  assert.match(recovered.title, /May Shop have this/);
  assert.deepEqual(
    opened.provider.finished.map(({ methods }) => methods),
    [['pwd'], ['pwd'], ['pwd', 'otp'], ['pwd', 'recovery']],
  );
});

test('every page names the house and where it is reached, and the platform where nobody has named one', async () => {
  const house = { name: 'Vente & Fils', contact: 'hello@vente.example' };
  for (const [named, title, isReached] of [
    [house, /– Vente & Fils$/, true],
    [undefined, /– Annals$/, false],
  ] as const) {
    const wordmark = named?.name ?? 'Annals';
    const { origin } = await openPages(named);
    const visitor = walker(origin, 'fr');
    for (const path of ['/account/register', '/account/nowhere']) {
      const seen = await visitor.get(path);
      assert.match(seen.title, title, path);
      const textIn = (tag: string) =>
        seen.elements
          .filter(({ tagName }) => tagName === tag)
          .map(textOf)
          .join();
      assert.equal(textIn('header'), wordmark, path);
      const foot = textIn('footer');
      assert.equal(/Des questions\u00a0\? .*ici\u00a0: hello@vente\.example/.test(foot), isReached, foot);
    }
  }
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
