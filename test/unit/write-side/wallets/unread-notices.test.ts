import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Router } from 'express';
import { noLog } from '#domain/kernel/ports/log.ts';
import { SIGNATURE_HEADER } from '#domain/kernel/ports/payments.ts';
import { sign } from '#domain/kernel/signature.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { BODY_BYTES } from '#write-side/rest/body.ts';
import { paymentWebhooks } from '#write-side/wallets/payment-webhooks.ts';
import { unreadNotices } from '#write-side/wallets/unread-notices.ts';
import { openBells } from '../rest/bells.ts';

const secret = 'a secret of the test';
const NOON = '2026-03-01T12:00:00.000Z';

async function givenWebhook() {
  const clock = simulatedClock({ start: NOON });
  const told: object[] = [];
  const unread = unreadNotices({ clock, log: { ...noLog, warn: (details) => told.push(details) } });
  const dispatch = () => Promise.reject(new Error('nothing of it may be decided'));
  const webhook = paymentWebhooks({
    ...{ dispatch, provider: 'simulated', secrets: [secret], clock, unread },
    addressOf: () => '127.0.0.1',
  });
  const { port } = await openBells(() => assert.fail(), {
    more: [Router().use('/webhooks/payments', webhook)],
  });
  const post = async (body: Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>>) => {
    const response = await fetch(`${port.url}/webhooks/payments`, { method: 'POST', body, headers });
    const { code, details } = (await response.json()) as { readonly code: string; readonly details: object };
    return [response.status, code, JSON.stringify(details)] as const;
  };
  return { clock, told, unread, post };
}

const long = new Uint8Array(BODY_BYTES + 1);
const signed = { [SIGNATURE_HEADER]: sign(secret, NOON, long) };

test('a signed notice that is too long, or in an encoding, is refused with its reason, counted, and told to the operator', async () => {
  const { told, unread, post } = await givenWebhook();
  const [status, code, details] = await post(long, signed);
  assert.deepEqual([status, code], [413, 'invalid']);
  assert.match(details, /larger than 131072 bytes/);
  assert.deepEqual([...unread.counts()], [[413, 1]]);
  assert.deepEqual(told, [{ status: 413, address: '127.0.0.1', bytes: long.length, notices: 1 }]);
  assert.equal((await post(new Uint8Array(1), { ...signed, 'content-encoding': 'gzip' }))[0], 415);
  assert.deepEqual(
    [...unread.counts()],
    [
      [413, 1],
      [415, 1],
    ],
  );
});

test('many of them are all counted, and fill no log', async () => {
  const { clock, told, unread, post } = await givenWebhook();
  for (let sent = 0; sent < 5; sent++) await post(long, signed);
  assert.equal(unread.counts().get(413), 5);
  assert.equal(told.length, 1);
  clock.advanceTo('2026-03-01T12:01:00.000Z');
  await post(long, signed);
  assert.deepEqual(told.at(-1), { status: 413, address: '127.0.0.1', bytes: long.length, notices: 5 });
});

test('what bears no signature is no notice, and is counted by nobody', async () => {
  const { told, unread, post } = await givenWebhook();
  assert.equal((await post(long, {}))[0], 413);
  assert.deepEqual([unread.counts().size, told.length], [0, 0]);
});
