import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { later } from '#domain/kernel/instant.ts';
import { isSigned } from '#domain/kernel/signature.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import type { Deliver } from '#engines/payments/simulated/delivery.ts';
import { simulatedProvider } from '#engines/payments/simulated/provider.ts';

const start = '2026-03-01T12:00:00.000Z';
const request = { paymentId: 'p', person: 'ann', amount: 500n, currency: 'USD' };
const secret = 's';
const pageUrl = 'http://localhost/pay';
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function givenProvider(t: TestContext, deliver: Deliver, file = ':memory:') {
  const clock = simulatedClock({ start });
  const provider = simulatedProvider({ file, pageUrl: () => pageUrl, secret, clock, deliver });
  t.after(() => provider.close());
  const tokenOf = async (): Promise<string> => {
    const answer = await provider.createTopUp(request);
    assert.equal(answer.status, 'requires_action');
    return answer.url.slice(pageUrl.length + 1);
  };
  return { clock, provider, tokenOf };
}

test('the same payment id is the same payment, and other terms under it are declined', async (t) => {
  const { provider } = givenProvider(t, async () => true);
  assert.deepEqual(await provider.createTopUp(request), await provider.createTopUp(request));
  assert.equal((await provider.createTopUp({ ...request, amount: 1n })).status, 'declined');
  assert.equal((await provider.submitPayout(request)).status, 'declined');
});

test('the first decision counts and is told once', async (t) => {
  const bodies: string[] = [];
  const { provider, tokenOf } = givenProvider(
    t,
    async (body) => bodies.push(Buffer.from(body).toString()) > 0,
  );
  const token = await tokenOf();
  assert.equal(provider.decide(token, 'decline'), 'declined');
  assert.equal(provider.decide(token, 'confirm'), 'declined');
  assert.equal(provider.decide('guessed', 'confirm'), 'unknown');
  await turn();
  assert.deepEqual(
    bodies.map((body) => JSON.parse(body).outcome),
    ['top_up_failed'],
  );
});

test('whatever is wished is told of a payment, each time by a notice of its own', async (t) => {
  const told: (readonly unknown[])[] = [];
  const ids = new Set<string>();
  const { provider, tokenOf } = givenProvider(t, async (body) => {
    const { noticeId, outcome, amount, currency, why } = JSON.parse(Buffer.from(body).toString());
    ids.add(noticeId);
    return told.push([outcome, amount, currency, why]) > 0;
  });
  const token = await tokenOf();
  assert.equal(provider.tell('unknown', { outcome: 'top_up_confirmed', amount: 1n }), undefined);
  provider.tell('p', { outcome: 'top_up_confirmed', amount: 300n });
  assert.equal(provider.shown(token)?.decided, 'confirmed');
  for (const _ of [1, 2]) provider.tell('p', { outcome: 'top_up_returned', amount: 100n, why: 'no cover' });
  await turn();
  assert.deepEqual(told.sort(), [
    ['top_up_confirmed', '300', 'USD', undefined],
    ['top_up_returned', '100', 'USD', 'no cover'],
    ['top_up_returned', '100', 'USD', 'no cover'],
  ]);
  assert.equal(ids.size, 3);
});

test('a page that is too late confirms nothing', async (t) => {
  const { clock, provider, tokenOf } = givenProvider(t, async () => true);
  const token = await tokenOf();
  clock.advanceTo(later(start, 31 * 60_000));
  assert.equal(provider.shown(token)?.decided, 'expired', 'it offers nothing any more');
  assert.equal(provider.decide(token, 'confirm'), 'expired');
});

test('a notice is delivered until it is taken, and each attempt is signed anew', async (t) => {
  const signatures = new Set<string>();
  const { clock, provider } = givenProvider(t, async (body, signature) => {
    assert.ok(isSigned([secret], clock.now(), body, signature));
    signatures.add(signature);
    if (signatures.size === 1) throw new Error('connection refused');
    return signatures.size === 3;
  });
  await provider.submitPayout(request);
  for (let at = 0; at < 10; at++) {
    await turn();
    clock.advanceTo(clock.next() ?? clock.now());
  }
  assert.equal(signatures.size, 3);
  assert.equal(clock.next(), undefined);
  assert.equal(provider.undelivered(), 0);
});

test('a notice that nobody takes is given up after a bounded number of attempts, and counted', async (t) => {
  let attempts = 0;
  const { clock, provider } = givenProvider(t, async () => {
    attempts += 1;
    return false;
  });
  await provider.submitPayout(request);
  for (let at = 0; at < 30; at++) {
    await turn();
    clock.advanceTo(clock.next() ?? clock.now());
  }
  assert.equal(attempts, 12);
  assert.equal(provider.undelivered(), 1);
});

test('payments and undelivered notices outlive a restart', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'annals-provider-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'provider.db');
  const first = givenProvider(t, async () => false, file);
  const token = await first.tokenOf();
  first.provider.decide(token, 'confirm');
  await turn();
  await first.provider.close();
  const bodies: string[] = [];
  const second = givenProvider(t, async (body) => bodies.push(Buffer.from(body).toString()) > 0, file);
  assert.equal(await second.tokenOf(), token);
  assert.equal(second.provider.shown(token)?.decided, 'confirmed');
  await turn();
  second.clock.advanceTo(second.clock.next() ?? start);
  await turn();
  assert.equal(bodies.length, 1);
});
