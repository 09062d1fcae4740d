import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { CloudEvent, Kafka, type KafkaMessage } from 'cloudevents';
import { registry } from '#compose/contexts.ts';
import { messageSchemas } from '#domain/kernel/json-schema.ts';
import { busLimits } from '#domain/kernel/ports/bus.ts';
import { integrationSchema, isPublished } from '#domain/kernel/redaction.ts';
import { cloudEventOf, leavingEvent, recordOf } from '#projections/publishing/cloud-event.ts';
import { bytesOf, inSends, weighed } from '#projections/publishing/publisher.ts';
import { topicsOf } from '#projections/publishing/topics.ts';
import { examples, placed } from '#test/support/stored-examples.ts';

// What the topics hold is read here as others will read it: by the SDK of CloudEvents, which knows the schema of the specification.

const publishing = { registry, epoch: '0198c0de-0000-7000-8000-00000000000e', prefix: 'annals' };
const events = examples.map((example) => leavingEvent(registry, placed(example)));
const leaving = events.filter(({ type }) => {
  const declared = registry.events.get(type);
  return declared !== undefined && isPublished(declared);
});

test('of every event that was ever stored what leaves is a CloudEvent to the letter, and no other leaves', () => {
  assert.ok(leaving.length > 40 && leaving.length < events.length);
  for (const event of events) {
    const told = cloudEventOf(publishing, event);
    assert.equal(told !== undefined, leaving.includes(event), event.type);
    if (told === undefined) continue;
    // Strict: attributes by the schema, names of extensions by the specification.
    assert.equal(new CloudEvent({ ...told }, true).validate(), true);
    for (const name of Object.keys(told)) assert.match(name, /^[a-z0-9]{1,20}$/);
  }
});

test('a record is what the SDK of CloudEvents reads from Kafka, and its headers say the same', () => {
  for (const event of leaving) {
    const record = recordOf(publishing, event);
    assert.ok(record);
    const { key, value, headers, topic } = record;
    const message: KafkaMessage<string> = { key, value, headers, body: undefined };
    const read = Kafka.toEvent(message);
    assert.ok(read instanceof CloudEvent);
    assert.deepEqual(
      [read.id, read.subject, key, read.time, read.position],
      [event.eventId, event.stream, event.stream, event.metadata.occurredAt, '1'],
    );
    assert.deepEqual(headers, {
      'content-type': 'application/cloudevents+json; charset=UTF-8',
      ce_id: event.eventId,
      ce_type: read.type,
      ce_schemaversion: String(read.schemaversion),
      ce_correlationid: event.metadata.correlationId,
      ce_causationid: event.metadata.causationId,
      ce_position: '1',
    });
    assert.ok(topicsOf(registry, 'annals').some(({ name }) => name === topic));
    assert.match(read.type, new RegExp(`^${topic}\\.${event.type}$`));
  }
});

test('its data fits the schema that the contract publishes, and has no field beside it', () => {
  const { $defs } = messageSchemas(registry);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  for (const event of leaving) {
    const told = cloudEventOf(publishing, event);
    const schema = integrationSchema(registry, event.type);
    assert.ok(told && schema);
    const fits = ajv.compile({ ...schema, additionalProperties: false, $defs });
    assert.ok(fits(told.data), `${event.type}: ${JSON.stringify(fits.errors)}`);
    assert.equal(told.schemaversion, registry.events.get(event.type)?.version, 'whatever was stored');
  }
});

test('there is a topic for each context of which something leaves, and none for the steps of sagas', () => {
  assert.deepEqual(
    topicsOf(registry, 'annals').map(({ name }) => name),
    ['annals.auctions', 'annals.wallets'],
  );
});

test('a send has no more bytes than four records may, and no more records than a send', () => {
  const record = (key: string, bytes: number) => ({ topic: 't', key, value: 'x'.repeat(bytes), headers: {} });
  const halves = (count: number, bytes: number) =>
    Array.from({ length: count }, () => weighed(record('k', busLimits.recordBytes / 2 - bytes)));
  const counts = (records: ReturnType<typeof halves>) => inSends(records).map(({ length }) => length);
  assert.deepEqual(counts(halves(9, 1)), [8, 1], 'of half a record each, its key counted');
  assert.deepEqual(counts(halves(9, 0)), [7, 2]);
  const many = Array.from({ length: busLimits.recordsPerSend + 1 }, (_, at) => record(String(at), 1));
  assert.deepEqual(
    inSends(many.map(weighed)).map((send) => send.length),
    [busLimits.recordsPerSend, 1],
  );
  assert.deepEqual(inSends(many.map(weighed)).flat(), many);
  assert.equal(bytesOf({ topic: 't', key: 'é', value: 'abc', headers: { h: '1' } }), 7);
});
