import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHere } from '../support/embedded.ts';

// By which headers browsers keep pages of others from what is answered, whatever it is.

const near = await startHere({});
const far = await startHere({ PUBLIC_URL: 'https://auctions.example' });

const questions = [
  ['/health/live', {}],
  ['/graphql?query={now}', {}],
  ['/openapi.json', {}],
  ['/nowhere', {}],
  ['/graphql', { method: 'DELETE' }],
  ['/commands/wallets/open-wallet', { method: 'POST', body: 'x' }],
] as const;

for (const [path, init] of questions)
  test(`${'method' in init ? init.method : 'GET'} ${path} is for no page of others, and no page itself`, async () => {
    const { headers } = await fetch(near.url + path, init);
    const said = Object.fromEntries(headers);
    assert.equal(
      said['content-security-policy'],
      "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    assert.equal(said['x-content-type-options'], 'nosniff');
    assert.equal(said['x-frame-options'], 'DENY');
    assert.equal(said['referrer-policy'], 'no-referrer');
    assert.equal(said['cross-origin-resource-policy'], 'same-origin');
    assert.equal(said['cross-origin-opener-policy'], 'same-origin');
    assert.equal(said['strict-transport-security'], undefined);
    assert.equal(said['x-powered-by'], undefined);
    assert.match(
      (await fetch(far.url + path, init)).headers.get('strict-transport-security') ?? '',
      /^max-age=31536000$/,
    );
  });

test('pages bring a policy of their own', async () => {
  for (const [path, script] of [
    ['/docs', /script-src 'self';/],
    ['/graphql', /script-src 'self' 'unsafe-inline'/],
  ] as const) {
    const { headers } = await fetch(near.url + path, { headers: { accept: 'text/html' } });
    assert.match(headers.get('content-security-policy') ?? '', script);
    assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/);
  }
});
