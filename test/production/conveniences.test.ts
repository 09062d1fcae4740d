import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conveniences } from '#compose/production.ts';
import { boot, startJs } from '../support/booted.ts';
import { productionSetup } from '../support/production.ts';

// The real process in production is asked for everything that development has and it must not have.

const { environment, authorization } = await productionSetup();
const platform = boot({ ...environment, FIRST_ADMIN: 'ada@auctions.example' });
const url = await platform.address();
const operations = /Operations\s+(http:\/\/127\.0\.0\.1:\d+)\/metrics/.exec(platform.output())?.[1] ?? '';
const member = await authorization('ann', 'bidder');

async function get(address: string, headers: Record<string, string> = {}) {
  const response = await fetch(address, { headers, redirect: 'manual' });
  return { status: response.status, text: await response.text() };
}

async function ask(query: string, token?: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token !== undefined && { Authorization: token }) },
    body: JSON.stringify({ query }),
  });
  return response.text();
}

/** A start with all that production refuses, and nothing that it needs; every problem is named at once. */
const bare = boot({
  ...{ NODE_ENV: 'production', DATA_DIR: environment.DATA_DIR },
  ...{ DEV_TOKENS: 'true', CLOCK: 'simulated' },
});
async function refused(...problems: readonly RegExp[]): Promise<void> {
  assert.equal(await bare.exited, 78, bare.output());
  for (const problem of problems) assert.match(bare.output(), problem);
}

const probes: Readonly<Record<keyof typeof conveniences, () => Promise<void>>> = {
  async tokens() {
    const response = await fetch(`${url}/dev/tokens`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"sub":"ann","roles":["admin"]}',
    });
    assert.equal(response.status, 404);
    await refused(/^ {2}DEV_TOKENS: /m);
  },
  async clock() {
    assert.equal((await get(`${url}/dev/clock`)).status, 404);
    await refused(/^ {2}CLOCK: /m);
  },
  async demo() {
    const start = boot(environment, ['node', startJs(), '--demo']);
    assert.equal(await start.exited, 78, start.output());
    assert.match(start.output(), /NODE_ENV: the demo is not for production/);
  },
  keys: () => refused(/^ {2}TOKEN_KEY_FILE: /m, /^ {2}MASTER_KEY_FILE: /m, /^ {2}WEBHOOK_SECRET: /m),
  address: () => refused(/^ {2}PUBLIC_URL: /m),
  async payments() {
    await refused(/^ {2}SIMULATED: .*moves no money.*SIMULATED=payments names it as meant/m);
    // Where it is named, whoever looks after the platform is told, at every start and whenever they look.
    assert.match(
      platform.output(),
      /"simulated":\["payments","mail"\].*the payment provider is a simulated one/,
    );
    assert.match(
      (await get(`${operations}/health/ready`)).text,
      /"payments":\{[^}]*simulated: no money moves/,
    );
  },
  async mail() {
    await refused(/^ {2}MAIL: production needs a server of mail/m);
    assert.match(platform.output(), /mails go nowhere, as SIMULATED names it/);
    assert.match(platform.output(), /FIRST_ADMIN makes nobody an administrator whose address is not proven/);
    assert.match((await get(`${operations}/health/ready`)).text, /"mail":\{[^}]*outbox:outbox\.db/);
  },
  async outbox() {
    assert.equal((await get(`${url}/dev/outbox`)).status, 404);
    assert.equal((await get(`${operations}/dev/outbox`)).status, 404);
  },
  async notices() {
    const response = await fetch(`${url}/dev/payments/p1`, { method: 'POST', body: '{}' });
    assert.equal(response.status, 404);
  },
  async graphiql() {
    const { text } = await get(`${url}/graphql`, { Accept: 'text/html' });
    assert.doesNotMatch(text, /graphiql/i);
  },
  async introspection() {
    for (const query of ['{ __schema { types { name } } }', '{ a: __type(name: "Auction") { name } }']) {
      // Over sockets too: test/production/kept-operations.test.ts.
      for (const token of [undefined, member]) {
        const answer = await ask(query, token);
        assert.match(answer, /introspection has been disabled/);
        assert.doesNotMatch(answer.replace(/"Auction\\"/g, ''), /Auction/);
      }
    }
    assert.match(await ask('{ now __typename }'), /"__typename":"Query"/);
    const mistyped = await ask('{ auctionz(first: 1) { edges { cursor } } }');
    assert.match(mistyped, /auctionz/);
    assert.doesNotMatch(mistyped, /Did you mean/);
  },
  async documentation() {
    for (const path of ['/', '/docs', '/openapi.json', '/asyncapi.json'])
      assert.equal((await get(url + path)).status, 404, path);
    assert.match(
      (await get(`${operations}/openapi.json`)).text,
      /"servers":\[\{"url":"https:\/\/auctions\.example"\}\]/,
    );
    assert.equal((await get(`${operations}/docs`)).status, 200);
    assert.match((await get(`${operations}/asyncapi.json`)).text, /"address":"annals\.auctions"/);
  },
  async metrics() {
    assert.equal((await get(`${url}/metrics`)).status, 404);
    assert.match((await get(`${operations}/metrics`)).text, /annals_commands_in_flight/);
  },
  async health() {
    assert.deepEqual(await get(`${url}/health/ready`), { status: 200, text: '{"status":"ready"}' });
    const { status, text } = await get(`${operations}/health/ready`);
    assert.deepEqual([status, Object.keys(JSON.parse(text))], [200, ['status', 'components']]);
    const { components } = JSON.parse((await get(`${operations}/openapi.json`)).text);
    assert.deepEqual(components.schemas.Ready.required, ['status'], 'both are as described');
  },
};

for (const name of Object.keys(conveniences) as (keyof typeof conveniences)[])
  test(
    `production turns off: ${conveniences[name].what}. Instead: ${conveniences[name].instead}`,
    probes[name],
  );

test('what its page sends to the public port is answered: whoever reads the documentation there can try it', async () => {
  const port = new URL(operations).port;
  const mayRead = async (path: string, method: string, origin: string) => {
    const headers = { Origin: origin, 'Access-Control-Request-Method': 'POST' };
    const response = await fetch(url + path, { method, headers });
    await response.body?.cancel();
    return response.headers.get('access-control-allow-origin') === origin;
  };
  for (const origin of [operations, `http://localhost:${port}`, 'https://auctions.example'])
    for (const method of ['OPTIONS', 'POST'])
      assert.equal(await mayRead('/commands/wallets/open-wallet', method, origin), true, origin);
  for (const origin of [url, `http://evil.example:${port}`, `https://127.0.0.1:${port}`, 'null'])
    for (const method of ['OPTIONS', 'POST'])
      assert.equal(await mayRead('/commands/wallets/open-wallet', method, origin), false, origin);
});

test('the port of the operator takes no command and answers no query', async () => {
  for (const path of ['/graphql', '/commands/wallets/open-wallet', '/webhooks/payments', '/dev/tokens']) {
    const response = await fetch(operations + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: member },
      body: '{"query":"{ now }","currency":"USD"}',
    });
    assert.equal(response.status, 404, path);
  }
});

test('people are sent to the address that they know, not to the one that is listened on', async () => {
  const send = (path: string, data: object, id: string) =>
    fetch(`${url}/commands/wallets/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: member, 'Idempotency-Key': id },
      body: JSON.stringify(data),
    }).then((response) => response.json() as Promise<{ events: { data: { paymentId: string } }[] }>);
  await send('open-wallet', { currency: 'USD' }, 'open');
  const asked = await send('request-top-up', { amount: '100', currency: 'USD' }, 'pay');
  const paymentId = asked.events[0]?.data.paymentId;
  let actionUrl: string | undefined;
  for (let tries = 0; tries < 400 && actionUrl === undefined; tries++) {
    const { data } = JSON.parse(await ask(`{ payment(paymentId: "${paymentId}") { actionUrl } }`, member));
    actionUrl = data.payment?.actionUrl ?? undefined;
    if (actionUrl === undefined) await new Promise((again) => setTimeout(again, 50));
  }
  assert.match(String(actionUrl), /^https:\/\/auctions\.example\/provider\/3-d-secure\/[\w-]+$/);
});

test('it ends when asked, both ports with it', async () => {
  platform.kill('SIGTERM');
  assert.equal(await platform.exited, 0, platform.output());
});
