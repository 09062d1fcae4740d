import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { openPages, PASSWORD } from '#test/support/pages/open.ts';
import { walker } from '#test/support/pages/walker.ts';
import { stylePath } from '#write-side/accounts/pages/assets.ts';
import { FORM_BYTES } from '#write-side/accounts/pages/intake.ts';

// The pages at the platform's port: what is refused, and what is said beside every answer.

const form = { email: 'new@mail.example', newPassword: 'twelve grey horses in rain' };

test('a form that stood on another site’s page does nothing', async () => {
  const { origin, people } = await openPages();
  const { ask } = walker(origin);
  const send = (headers: Record<string, string>) =>
    ask('/account/register', { method: 'POST', body: new URLSearchParams(form), headers });
  const site = new URL(origin).host;
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'cross-site', origin },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `https://${site}` },
    { origin: `${origin}.evil.example` },
    { referer: `${origin}/account/register` },
    {},
  ]) {
    const seen = await send(headers as Record<string, string>);
    assert.equal(seen.status, 403, JSON.stringify(headers));
    assert.match(seen.text, /did not come from our page/);
  }
  assert.equal(people.size, 1);
  assert.equal((await send({ origin })).to, '/account/register/sent');
  assert.equal((await send({ 'sec-fetch-site': 'same-origin' })).to, '/account/register/sent');
});

test('what is no form of ours is answered by a page, and by nothing done', async () => {
  const { origin, people } = await openPages();
  const { ask } = walker(origin);
  const own = { 'sec-fetch-site': 'same-origin' };
  const asForm = { ...own, 'content-type': 'application/x-www-form-urlencoded' };
  const send = (body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = asForm) =>
    ask('/account/register', { method: 'POST', body, headers });
  const text = new URLSearchParams(form).toString();
  const statuses: readonly (readonly [string, number, Promise<{ status: number }>])[] = [
    ['JSON', 415, send(JSON.stringify(form), { ...own, 'content-type': 'application/json' })],
    ['plain text', 415, send(text, { ...own, 'content-type': 'text/plain' })],
    [
      'another charset',
      415,
      send(text, { ...own, 'content-type': `${asForm['content-type']};charset=utf-16` }),
    ],
    ['compressed', 415, send(text, { ...asForm, 'content-encoding': 'gzip' })],
    ['a field twice', 400, send(`${text}&email=b%40mail.example`)],
    ['many fields', 400, send(Array.from({ length: 40 }, (_, at) => `f${at}=1`).join('&'))],
    ['no UTF-8', 400, send(Buffer.from([0xff, 0xfe]))],
    ['large', 413, send(`email=${'a'.repeat(FORM_BYTES)}`)],
    ['as large as can be, and wrong', 303, send(`email=${'a'.repeat(FORM_BYTES - 6)}`)],
  ];
  for (const [what, status, seen] of statuses) assert.equal((await seen).status, status, what);
  assert.equal(people.size, 1);
});

test('a form without an end is cut off with a page', async () => {
  const { origin } = await openPages();
  const { port } = new URL(origin);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    let text = '';
    socket.on('data', (piece) => {
      text += piece;
    });
    socket.on('close', () => resolve(text)).on('error', reject);
    socket.write(
      `POST /account/register HTTP/1.1\r\nHost: localhost:${port}\r\nOrigin: ${origin}\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const piece = 'a'.repeat(16_384);
    // More than the port gathers before anybody reads it.
    for (let count = 0; count < 9; count++) socket.write(`4000\r\n${piece}\r\n`);
  });
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.match(answer, /\r\nConnection: close\r\n/i);
  assert.match(answer, /That is too much/);
});

test('a sign-in that is not this browser’s is over, whoever’s it is', async () => {
  const { origin, system } = await openPages();
  const [ann, eve] = [walker(origin), walker(origin)];
  const begun = await ann.get(`/oidc/start?to=${system}`);
  const at = begun.to ?? '';
  assert.equal((await ann.get(at)).status, 200);
  for (const [who, path] of [
    [ann, '/sign-in/unknown'],
    [ann, '/sign-in/unknown/consent'],
    [ann, '/sign-in/..%2f..'],
    [eve, at],
    [eve, `${at}/second-factor`],
  ] as const) {
    const seen = await who.get(path);
    assert.equal(seen.status, 410, path);
    assert.match(seen.text, /This sign-in is over/);
  }
  assert.equal((await eve.post(at, { email: 'ann@mail.example', password: PASSWORD })).status, 410);
  assert.equal((await eve.post(`${at}/abort`, {})).status, 410);
  assert.equal((await eve.post(`${at}/consent`, { decision: 'allow' })).status, 410);
});

for (const [language, begins] of [
  ['en', 'begun in another browser. Or your browser keeps no cookies'],
  ['fr', 'dans un autre navigateur. Ou bien votre navigateur ne garde pas les cookies'],
  ['ru', 'в другом браузере. Или ваш браузер не сохраняет файлы куки'],
] as const)
  test(`whoever keeps no cookies is told that these may be why a sign-in is over, in ${language}`, async () => {
    const { origin, system } = await openPages();
    const { to = '' } = await walker(origin, language).get(`/oidc/start?to=${system}`);
    const seen = await walker(origin, language).get(to);
    assert.equal(seen.status, 410);
    assert.ok(seen.text.includes(begins), seen.text);
  });

test('what is not there is a page, and what is not done that way says how', async () => {
  const { origin } = await openPages();
  const { get, ask } = walker(origin, 'fr');
  for (const path of ['/account/nowhere', '/sign-in', '/account/assets/pages.old.css']) {
    const seen = await get(path);
    assert.equal(seen.status, 404, path);
    assert.match(seen.text, /Cette page n’existe pas/);
  }
  const put = await ask('/account/register', { method: 'PUT', body: '' });
  assert.deepEqual([put.status, put.headers.get('allow')], [405, 'GET, HEAD, OPTIONS, POST']);
  const seen = await get('/account/security/recovery-codes');
  assert.equal(seen.to, '/account/security', 'what only a form does is shown where its form stands');
});

test('no redirect of ours leads to another host', async () => {
  const { origin } = await openPages();
  const { get } = walker(origin);
  for (const path of [
    '/account?backTo=https://evil.example',
    '/account/security?backTo=//evil.example',
    '/account//evil.example',
  ])
    assert.match((await get(path)).to ?? '/', /^\/(?!\/)/, path);
  const seen = await get('//evil.example/account/%2e%2e');
  assert.equal(seen.to, undefined);
});

test('the style sheet and the script are kept by browsers for good', async () => {
  const { origin } = await openPages();
  const { get } = walker(origin);
  const { headers, status, body } = await get(stylePath);
  assert.equal(status, 200);
  assert.equal(headers.get('cache-control'), 'public, max-age=31536000, immutable');
  assert.equal(headers.get('content-type'), 'text/css; charset=utf-8');
  assert.match(stylePath, /\.[\w-]{16}\.css$/);
  assert.doesNotMatch(body, /url\(|@import/, 'it needs nothing from elsewhere');
});

test('a language that was chosen stays, and the rest of the address with it', async () => {
  const { origin } = await openPages();
  const { get, cookies } = walker(origin, 'en');
  assert.match((await get('/account/reset')).text, /Set a new password/);
  const chosen = await get('/account/verify?token=a%26b&lang=ru');
  assert.match(chosen.text, /Подтвердите адрес/);
  assert.match(chosen.body, /href="\/account\/verify\?token=a%26b&amp;lang=fr"/);
  assert.match(
    chosen.headers.getSetCookie()[0] ?? '',
    /^annals_language=ru; .*Path=\/; .*HttpOnly; SameSite=Lax/,
  );
  assert.match((await get('/account/reset')).text, /Новый пароль/);
  await get('/account/reset?lang=xx');
  assert.equal(cookies.get('annals_language'), 'ru');
});

test('what goes wrong on our side is a page with a reference, and nothing of it', async () => {
  const opened = await openPages();
  const { get } = walker(opened.origin);
  opened.door.askReset = () => Promise.reject(new Error('the secret of the store'));
  const { post } = walker(opened.origin);
  const seen = await post('/account/reset', { email: 'ann@mail.example' });
  assert.equal(seen.status, 500);
  assert.match(seen.text, new RegExp(seen.headers.get('x-request-id') ?? 'none'));
  assert.doesNotMatch(seen.body, /secret of the store/);
  assert.equal(opened.reported.length, 1);
  assert.equal((await get('/account/reset')).status, 200);
});

test('a window that a system has opened for a sign-in is not cut off from it, and the pages of an account are', async () => {
  const { origin, system } = await openPages();
  const { ask, get } = walker(origin);
  const begun = (await get(`/oidc/start?to=${system}`)).to ?? '';
  const of = async (path: string, method = 'GET') =>
    (await ask(path, { method })).headers.get('cross-origin-opener-policy');
  for (const path of [
    ...[`/oidc/start?to=${system}`, '/oidc/auth/nobody', '/oidc/pages/sign-out', '/oidc', '/oidc/nothing'],
    ...[begun, `${begun}/consent`, '/sign-in', '/sign-in/unknown', '/sign-in/%'],
    ...['/account/register', '/account/register/sent', '/account/reset?lang=fr', '/account/reset/sent'],
  ])
    assert.equal(await of(path), 'unsafe-none', path);
  for (const path of [begun, '/oidc/nothing', '/account/register'])
    assert.equal(await of(path, 'PUT'), 'unsafe-none', path);
  for (const path of [
    ...['/account', '/account/security', '/account/reset/confirm?token=x', '/account/register/nothing'],
    ...['/account/?/oidc/', '/account/signed-out', '/oidcs', '/graphql', '/'],
  ])
    assert.equal(await of(path), 'same-origin', path);
});

test('managers of passwords find where a password is changed, and nothing where nothing is', async () => {
  const { origin } = await openPages();
  const { get } = walker(origin);
  const { status, to } = await get('/.well-known/change-password');
  assert.deepEqual([status, to], [303, '/account/password']);
  assert.equal((await get('/.well-known/resource-that-should-not-exist')).status, 404);
});
