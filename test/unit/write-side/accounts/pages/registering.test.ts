import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPages, PASSWORD } from '#test/support/pages/open.ts';
import { OTHER_PASSWORD } from '#test/support/pages/visiting.ts';
import { attributeOf, type Seen, walker } from '#test/support/pages/walker.ts';

// People register at the pages, and follow the links of mails.

test('somebody registers, follows the link of the mail by a button, and says who they are', async () => {
  const opened = await openPages();
  const visitor = walker(opened.origin);
  const short = await visitor.post('/account/register', { email: 'bob@mail.example', newPassword: 'short' });
  assert.match(short.text, /too short. At least 15/);
  assert.match(short.body, /value="bob@mail.example"/);
  const none = await visitor.post('/account/register', { email: 'bob', newPassword: '' });
  assert.match(none.text, /not an e-mail address.*nothing was entered/);
  const bob = { email: ' bob@mail.example ', newPassword: OTHER_PASSWORD };
  const asked_ = await visitor.follow(await visitor.post('/account/register', bob));
  assert.match(asked_.text, /Look into your mail.*Sent to: bob@mail\.example.*24 hours/);
  assert.doesNotMatch(asked_.at, /bob/);
  assert.doesNotMatch((await visitor.get('/account/register/sent')).text, /bob@/);
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
  const verified = await visitor.follow(await verify(OTHER_PASSWORD));
  assert.match(verified.text, /Your address is confirmed.*You may bid and sell now\./);
  assert.doesNotMatch(verified.text, /administrator/);
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
    assert.ok(seen.text.includes(`The address that you entered: ${email}`));
    answers.push([seen.status, seen.text.replace(email, '')]);
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
    const void_ = await visitor.get(`${path}?token=some`);
    assert.equal(void_.status, 410, path);
    assert.match(void_.text, /This link is used, too old, or not whole/, path);
    assert.match(void_.body, link, path);
    assert.doesNotMatch(void_.body, /type="password"/, 'nobody is asked for what does not help');
  }
  const lost = await visitor.get('/account/nowhere');
  assert.deepEqual([lost.status, /href="\/account">Your account/.test(lost.body)], [404, true]);
});

test('who has a second factor is asked for the password that is enough beside it, by the link alone', async () => {
  const opened = await openPages();
  const visitor = walker(opened.origin);
  opened.ann.totp = { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', lastStep: undefined };
  await visitor.post('/account/reset', { email: 'ann@mail.example' });
  const confirm = (token: string) => visitor.get(`/account/reset/confirm?token=${token}`);
  assert.match((await confirm(opened.mails[0]?.token ?? '')).text, /At least 8 characters/);
  assert.doesNotMatch((await confirm('another')).text, /At least/);
  opened.ann.totp = undefined;
  assert.match((await confirm(opened.mails[0]?.token ?? '')).text, /At least 15 characters/);
});

test('an administrator is told what they are for as soon as their address is confirmed', async () => {
  const opened = await openPages();
  const visitor = walker(opened.origin);
  await visitor.post('/account/register', { email: 'ada@mail.example', newPassword: OTHER_PASSWORD });
  const { verifyEmail } = opened.door;
  opened.door.verifyEmail = async (link, by) => {
    const done = await verifyEmail(link, by);
    (opened.people.get('p2') ?? assert.fail()).roles = ['admin'];
    return done;
  };
  const given = { token: opened.mails[0]?.token ?? '', password: OTHER_PASSWORD };
  const verified = await visitor.follow(await visitor.post('/account/verify', given));
  assert.match(verified.text, /Your address is confirmed.*You look after the accounts of others/);
  assert.doesNotMatch(verified.text, /bid and sell/);
});
