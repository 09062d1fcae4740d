import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccountUnknown, MoneyLeft, WalletsOpen } from '#domain/accounts/account/messages.ts';
import { later } from '#domain/kernel/instant.ts';
import { openPages, PASSWORD } from '#test/support/pages/open.ts';
import { OTHER_PASSWORD, signedIn, steppedUp } from '#test/support/pages/visiting.ts';
import { walker } from '#test/support/pages/walker.ts';

// People look after their own account at the pages.

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
  opened.ann.sessions = opened.ann.sessions.map((each) => ({
    ...each,
    lastUsedAt: later(each.openedAt, 3_600_000),
  }));
  const [here, other] = opened.ann.sessions;
  const shown = await visitor.get('/account/sessions');
  assert.ok(shown.body.includes(`last used <time datetime="${here?.lastUsedAt}">`), shown.body);
  assert.match(
    shown.text,
    /The pages of your account here Firefox, Android since .* UTC last used .* UTC until .* UTC from 192\.0\.2\.7 .*your account Firefox, Android since/,
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
  opened.answers.set('EraseMe', MoneyLeft({ currencies: ['EUR'] }));
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
    opened.answers.set('CloseWallet', MoneyLeft({ currencies: ['EUR'] }));
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
  const broken = async () =>
    (async function* pieces() {
      yield '{"a":';
      throw new Error('the store is gone');
    })();
  opened.door.exportOf = async () => AccountUnknown({});
  const { title, body } = await visitor.post('/account/export', {});
  assert.match(title, /^Error: What is recorded about you/);
  assert.match(body, /action="\/account\/export"/, 'where the form stands');
  opened.door.exportOf = broken;
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
  assert.match((await visitor.get('/account/password')).text, /ends every session, this one too/);
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
  const own = await visitor.post('/account/email-change', { email: 'ann@mail.example', password: PASSWORD });
  assert.match(own.body, /id="field-email-trouble">This is your address already/);
  assert.equal(opened.mails.length, 0);
  const asked = await visitor.post('/account/email-change', {
    // As a keyboard for Japanese writes it.
    email: 'ａｎｎａ＠ｍａｉｌ．ｅｘａｍｐｌｅ',
    password: PASSWORD,
  });
  assert.match((await visitor.follow(asked)).text, /sent a mail to the new address/);
  assert.match((await visitor.get('/account')).text, /anna@mail\.example waits for its link/);
  const token = opened.mails[0]?.token ?? '';
  const wrong = await visitor.post('/account/email', { token, password: OTHER_PASSWORD });
  assert.match(wrong.text, /The password is wrong/);
  await visitor.post('/account/email', { token, password: PASSWORD });
  assert.match((await visitor.get('/account')).text, /anna@mail.example confirmed/);
  assert.doesNotMatch((await visitor.get('/account')).text, /waits for its link/);
  opened.ann.emailVerified = false;
  const { text, body } = await visitor.get('/account');
  assert.match(text, /not confirmed yet.*Sign out, and register with the right one/);
  assert.doesNotMatch(body, /email-change/);
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

test('beside every password stands whose it is, where whoever reads it may know', async () => {
  const opened = await openPages();
  const [visitor, stranger] = [await signedIn(opened), walker(opened.origin)];
  const bob = { email: 'bob@mail.example', newPassword: OTHER_PASSWORD };
  await stranger.post('/account/register', bob);
  await stranger.post('/account/reset', { email: 'ann@mail.example' });
  await steppedUp(visitor, '/account/email-change');
  await visitor.post('/account/email-change', { email: 'new@mail.example', password: PASSWORD });
  const tokenOf = (about: string) => opened.mails.find((mail) => mail.about === about)?.token ?? '';
  const links = {
    verify: `/account/verify?token=${tokenOf('verify')}`,
    reset: `/account/reset/confirm?token=${tokenOf('reset')}`,
    email: `/account/email?token=${tokenOf('email')}`,
  };
  for (const [who, path, username] of [
    [visitor, '/account/password', 'ann@mail.example'],
    [visitor, '/account/email-change', 'ann@mail.example'],
    [visitor, links.email, 'ann@mail.example'],
    [stranger, links.email, ''],
    [visitor, links.verify, bob.email],
    [stranger, links.verify, bob.email],
    [stranger, links.reset, 'ann@mail.example'],
    [stranger, '/account/reset/confirm?token=void', ''],
    [stranger, '/account/verify?token=void', ''],
  ] as const) {
    const seen = await who.get(path);
    assert.equal(seen.status, path.endsWith('void') ? 410 : 200, path);
    assert.equal(path.endsWith('void') ? '' : who.hidden(seen, 'username'), username, path);
    assert.doesNotMatch(username === '' ? seen.body : '', /ann@mail/, path);
  }
});

test('a passkey shows when it was added, and who has nothing else is asked about that alone', async () => {
  const opened = await openPages();
  const visitor = await signedIn(opened);
  await steppedUp(visitor, '/account/security');
  opened.ann.passkeys = [{ id: 'k'.repeat(24), publicKey: '', transports: [], synced: false, signCount: 0 }];
  opened.ann.recovery = ['a'];
  const seen = await visitor.get('/account/security');
  assert.match(seen.text, /Passkey 1 added 1 March 2026/);
  const other = walker(opened.origin);
  const begun = await other.follow(await other.get('/account'));
  const step = await other.follow(
    await other.post(begun.at, { email: 'ann@mail.example', password: PASSWORD }),
  );
  assert.match(step.text, /I do not have my passkey at hand/);
  assert.doesNotMatch(step.text, /neither/);
  const bent = await other.post(step.at, { by: 'passkey', answer: '{}' });
  assert.match(bent.text, /This passkey was not taken/);
});
