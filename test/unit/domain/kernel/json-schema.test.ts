import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { Instant } from '#domain/kernel/instant.ts';
import { jsonSchemas, messageSchemas, referenceOf, withReferences } from '#domain/kernel/json-schema.ts';
import { command, event, secret } from '#domain/kernel/message.ts';
import { Money } from '#domain/kernel/money.ts';
import { registryOf } from '#domain/kernel/registry.ts';

const Sent = event('Sent', {
  version: 1,
  description: 'Sent.',
  data: { sum: Money, limit: secret(Money), at: Instant, note: z.json() },
});
const Send = command('Send', {
  description: 'Sends.',
  from: ['bidder'],
  data: { sum: Money, at: Instant.optional() },
  stream: () => 'send-1',
});
const registry = registryOf([{ name: 'post', description: 'Post.', events: [Sent], commands: [Send] }]);

test('commands are strict and events tolerant, amounts and moments read as they stand on the wire', () => {
  const { commands, events, $defs } = messageSchemas(registry);
  assert.equal(commands.Send?.additionalProperties, false);
  assert.deepEqual(commands.Send?.required, ['sum']);
  assert.equal(events.Sent?.additionalProperties, undefined);
  assert.equal($defs.Money?.properties?.amount?.$ref, '#/$defs/MinorUnits');
  assert.equal($defs.MinorUnits?.type, 'string');
  assert.equal($defs.Instant?.format, 'date-time');
});

test('a mark stands beside the reference and marks this field alone', () => {
  const fields = messageSchemas(registry).events.Sent?.properties ?? {};
  assert.equal(fields.limit?.secret, true);
  assert.equal(fields.sum?.secret, undefined);
  assert.equal(referenceOf(fields.limit ?? {}), 'Money');
});

test('the registry is converted once', () => {
  assert.equal(messageSchemas(registry), messageSchemas(registry));
});

test('any JSON has one name, however often it is used', () => {
  const { schemas, $defs } = jsonSchemas({ a: z.object({ x: z.json(), y: z.json() }), b: z.json() });
  assert.deepEqual(Object.keys($defs), ['Json']);
  assert.deepEqual([referenceOf(schemas.b), referenceOf(schemas.a.properties?.x ?? {})], ['Json', 'Json']);
});

test('two schemas under one id, and a recursive one without any, are refused', () => {
  const first = z.object({ a: z.string() }).meta({ id: 'Twice' });
  const second = z.object({ b: z.string() }).meta({ id: 'Twice' });
  assert.throws(() => jsonSchemas({ first: z.object({ first }), second: z.object({ second }) }), /Twice/);
  const tree: z.ZodType = z.lazy(() => z.object({ children: z.array(tree) }));
  assert.throws(() => jsonSchemas({ one: tree, two: z.object({ tree }) }), /recursive and has no id/);
});

test('references move to another document as a whole', () => {
  const moved = withReferences(
    { anyOf: [{ $ref: '#/$defs/Money' }], properties: { $ref: { type: 'string' } } },
    '#/x/',
  );
  assert.deepEqual(moved, { anyOf: [{ $ref: '#/x/Money' }], properties: { $ref: { type: 'string' } } });
});
