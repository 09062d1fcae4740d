import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { registry } from '#compose/contexts.ts';
import { EmailNotVerified } from '#domain/accounts/account/messages.ts';
import { instant } from '#domain/kernel/instant.ts';
import { temporarySealing } from '#engines/sealing.ts';
import { openPages, PASSWORD } from '#test/support/pages/open.ts';
import { signedIn, steppedUp } from '#test/support/pages/visiting.ts';
import { walker } from '#test/support/pages/walker.ts';
import { keepingRefused } from '#write-side/accounts/pages/refused.ts';

// Forms that were refused: the page where they stand tells why, once, and loading it anew sends nothing again.

const COOKIE = 'annals_refused';
const wrong = { email: 'ann@mail.example', password: 'not her <password>' };

async function begun() {
  const opened = await openPages();
  const visitor = walker(opened.origin);
  const begin = async () =>
    (await visitor.follow(await visitor.get(`/oidc/start?to=${opened.system}/back`))).at;
  return { opened, visitor, begin, at: await begin() };
}

test('who loads the page of a wrong password anew tries nothing, and is told nothing of it any more', async () => {
  const { opened, visitor, at } = await begun();
  let attempts = 0;
  const { recognise } = opened.door;
  opened.door.recognise = (...asked) => {
    attempts += 1;
    return recognise(...asked);
  };
  const answer = await visitor.send(at, wrong);
  assert.deepEqual([answer.status, answer.to], [303, at], 'no page that a browser would send the form for');
  const told = await visitor.get(at);
  assert.deepEqual(
    [told.status, /address or the password is wrong/i.test(told.text)],
    [403, true],
    told.text,
  );
  assert.match(told.body, /value="ann@mail.example"/);
  for (let loads = 0; loads < 8; loads += 1) {
    const again = await visitor.get(at);
    assert.deepEqual([again.status, /is wrong/.test(again.text)], [200, false]);
  }
  assert.equal(attempts, 1);
  assert.match((await visitor.send(at, { ...wrong, password: PASSWORD })).to ?? '', /^\/oidc\/auth\//);
});

test('what a browser keeps of a form is sealed, for a minute, and holds nothing secret', async () => {
  const { opened, visitor, at } = await begun();
  const [line = ''] = (await visitor.send(at, wrong)).headers.getSetCookie();
  assert.match(line, /^annals_refused=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=60$/);
  const kept = await opened.sealing.open(new TextEncoder().encode(visitor.cookies.get(COOKIE)));
  assert.match(kept ?? '', /ann@mail\.example/);
  assert.doesNotMatch(kept ?? '', /not her/);
  const [token, newPassword] = ['a-token-of-a-mail', 'passwordpassword'];
  const refused = await visitor.send('/account/reset/confirm', { token, newPassword });
  assert.equal(refused.to, `/account/reset/confirm?token=${token}`);
  const other = await opened.sealing.open(new TextEncoder().encode(visitor.cookies.get(COOKIE)));
  assert.doesNotMatch(other ?? '', /a-token|passwordpassword/);
});

test('a tab is told of its own form alone, and nothing that was not sealed here or is late', async () => {
  const { opened, visitor, begin, at } = await begun();
  const other = await begin();
  await visitor.send(at, wrong);
  const kept = visitor.cookies.get(COOKIE) ?? '';
  assert.equal((await visitor.get(other)).status, 200);
  assert.equal((await visitor.get(at)).status, 403, 'it was not lost by the other');
  for (const value of [`${kept.slice(0, -4)}AAAA`, 'none', '%7B%7D', 'a.b.c.d.e']) {
    visitor.cookies.set(COOKIE, value);
    const seen = await visitor.get(at);
    assert.deepEqual([seen.status, visitor.cookies.get(COOKIE)], [200, ''], value);
  }
  const late = JSON.stringify({ path: at, endsAtMs: 1, troubles: [{ says: 'of long ago' }], entered: {} });
  visitor.cookies.set(COOKIE, await opened.sealing.seal(late));
  assert.doesNotMatch((await visitor.get(at)).text, /of long ago/);
});

test('what is too long to be kept is entered anew, and what is wrong is told all the same', async () => {
  const { opened } = await begun();
  const visitor = walker(opened.origin);
  const asked = await visitor.follow(await visitor.get('/account/profile'));
  await visitor.follow(await visitor.post(asked.at, { ...wrong, password: PASSWORD }));
  const name = 'Ann of somewhere';
  const answer = await visitor.send('/account/profile', { name, address: 'é'.repeat(5_000), phone: '' });
  // Browsers keep none that is longer.
  for (const line of answer.headers.getSetCookie()) assert.ok(line.length <= 4_096, String(line.length));
  const seen = await visitor.get(answer.to ?? '');
  assert.equal(seen.status, 422);
  assert.match(seen.text, /at most 500 characters/);
  assert.match(seen.body, /value="Ann of somewhere"/);
});

test('what was entered stands in its field again, whatever has refused it', async () => {
  const opened = await openPages();
  const visitor = await signedIn(opened);
  opened.answers.set('CreateProfile', EmailNotVerified({}));
  const told = { name: 'Ann of here', address: 'Street 1', phone: '123' };
  const profile = await visitor.post('/account/profile', told);
  assert.match(profile.title, /^Error/);
  for (const again of [/value="Ann of here"/, /Street 1<\/textarea>/, /value="123"/])
    assert.match(profile.body, again);
  await steppedUp(visitor, '/account/email-change');
  for (const [email, password] of [
    ['anna@', PASSWORD],
    ['anna@mail.example', 'wrong'],
  ] as const) {
    const seen = await visitor.post('/account/email-change', { email, password });
    assert.match(seen.title, /^Error/);
    assert.ok(seen.body.includes(`value="${email}"`), email);
  }
});

test('over TLS it is sent back over TLS alone, and no neighbour can have set it', async () => {
  const lines: string[] = [];
  const response = { appendHeader: (_: string, line: string) => void lines.push(line) };
  const kept = keepingRefused({
    ...{ registry, sealing: temporarySealing(), publicUrl: () => 'https://house.example' },
    now: () => instant(0),
  });
  const [refused, to] = [{ wrong: { troubles: [] }, entered: {} }, response as unknown as ServerResponse];
  await kept.keep(to, '/account', refused);
  const [cookie = ''] = lines[0]?.split(';') ?? [];
  const request = { headers: { cookie } } as unknown as IncomingMessage;
  assert.deepEqual((await kept.take(request, to, '/account')).entered, {});
  const shape = 'Path=/; HttpOnly; SameSite=Lax; Max-Age';
  assert.deepEqual(lines, [`${cookie}; ${shape}=60; Secure`, `__Host-annals_refused=; ${shape}=0; Secure`]);
});
