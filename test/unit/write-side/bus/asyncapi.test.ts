import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { registry } from '#compose/contexts.ts';
import { Forbidden } from '#domain/kernel/rejections.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { joseSealing } from '#engines/sealing.ts';
import { commandsByAsyncApi } from '#write-side/bus/asyncapi.ts';
import { deadLetters } from '#write-side/bus/dead-letters.ts';
import { replyJson } from '#write-side/rest/reply-json.ts';

const part = commandsByAsyncApi(registry, { prefix: 'house', replyPrefixes: ['house.replies.', 'shop.'] });
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'house', components: { schemas: part.components.schemas } });
const fits = (name: string, value: unknown): boolean =>
  ajv.validate({ $ref: `house#/components/schemas/${name}` }, value) as boolean;

const bid = { auctionId: 'a1', maximum: { amount: '500', currency: 'USD' } };
const envelope = { command: 'PlaceBid', data: bid, idempotencyKey: 'k', token: 't', replyTo: 'shop.x' };

test('the envelope is described with the data of each command that may be sent', () => {
  assert.ok(fits('CommandEnvelope', envelope), JSON.stringify(ajv.errors));
  for (const wrong of [
    { ...envelope, data: { ...bid, more: 1 } },
    { ...envelope, data: { auctionId: 'a1' } },
    { ...envelope, command: 'OpenWallet' },
    { ...envelope, command: 'ReserveFunds' },
    { ...envelope, idempotencyKey: '' },
    { ...envelope, more: 1 },
    { command: 'PlaceBid', data: bid },
  ])
    assert.ok(!fits('CommandEnvelope', wrong), JSON.stringify(wrong));
});

test('replies and dead letters fit what is said of them', () => {
  const rejection = Forbidden({ needs: ['bidder'] });
  const no = { outcome: 'rejected', commandId: 'k', rejection, position: 7n, events: [] } as const;
  const yes = { outcome: 'accepted', commandId: 'k', stream: 's', position: undefined, events: [] } as const;
  for (const reply of [no, yes]) {
    const body: unknown = JSON.parse(JSON.stringify(replyJson(reply, registry, 'e').body));
    assert.ok(fits('CommandReply', body), JSON.stringify(ajv.errors));
  }
  assert.ok(!fits('CommandReply', { code: 'forbidden' }));
  const now = '2026-03-01T12:00:00.000Z';
  const clock = simulatedClock({ start: now });
  const sealing = joseSealing(new Uint8Array(32));
  const { of } = deadLetters({ topic: 'house.commands.dead', registry, sealing, clock });
  const place = { topic: 'house.commands', partition: 0, offset: 5n, takenAt: now, headers: {} };
  const record = { ...place, key: undefined, value: new Uint8Array(3) };
  const letter = of({ record, cause: 'reply_undelivered', reason: 'r', command: envelope, rejection });
  assert.ok(fits('DeadLetter', JSON.parse(letter.value)), JSON.stringify(ajv.errors));
});

test('channels are the topics, and the reply goes where the envelope says', () => {
  const text = JSON.stringify(part);
  assert.match(
    JSON.stringify(part.channels),
    /"address":"house.commands".*"address":null.*"address":"house.commands.dead"/,
  );
  assert.match(text, /`house.replies.`, `shop.`/);
  const names = Object.keys(part.components.schemas);
  for (const [, name = ''] of text.matchAll(/#\/components\/schemas\/([^"]+)"/g))
    assert.ok(names.includes(name), name);
  assert.doesNotMatch(text, /"discriminator":\{/);
});
