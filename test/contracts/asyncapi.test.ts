import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Parser } from '@asyncapi/parser';
import { Ajv } from 'ajv';
import { asyncApi } from '#compose/asyncapi.ts';
import { registry } from '#compose/contexts.ts';
import type { BusAt } from '#config';
import { isPublished } from '#domain/kernel/redaction.ts';
import { eventsByAsyncApi } from '#projections/publishing/asyncapi.ts';
import { leavingEvent, recordOf } from '#projections/publishing/cloud-event.ts';
import { topicsOf } from '#projections/publishing/topics.ts';
import { examples, placed } from '#test/support/stored-examples.ts';
import { commandsByAsyncApi } from '#write-side/bus/asyncapi.ts';

// The contract of the topics, judged by the parser of those who wrote AsyncAPI, and held against what is sent.

const parts = [eventsByAsyncApi(registry, { prefix: 'house' })];
const bus: BusAt = {
  engine: 'kafka',
  ...{ brokers: ['one:9092', 'two:9092'], address: '', prefix: 'house', tls: true },
  files: { credentials: undefined, authority: undefined, certificate: undefined },
};
const document = asyncApi({ version: '1', bus, parts });
const leaving = registry.contexts.flatMap(({ events }) => events.filter(isPublished));

test('the official parser finds nothing wrong in it, and in it every event that leaves', async () => {
  const { document: parsed, diagnostics } = await new Parser().parse(JSON.stringify(document));
  const problems = diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version');
  assert.deepEqual(
    problems.map(({ code, message, path }) => `${code} ${path.join('.')}: ${message}`).slice(0, 5),
    [],
  );
  assert.ok(parsed);
  assert.equal(parsed.version(), '3.0.0');
  assert.deepEqual(
    parsed
      .servers()
      .all()
      .map((server) => [server.host(), server.protocol()]),
    [
      ['one:9092', 'kafka-secure'],
      ['two:9092', 'kafka-secure'],
    ],
  );
  const channels = parsed.channels().all();
  assert.deepEqual(
    channels.map((channel) => channel.address()),
    topicsOf(registry, 'house').map(({ name }) => name),
  );
  const told = channels.flatMap((channel) => channel.messages().all());
  assert.deepEqual(
    told.map((message) => message.title()).toSorted(),
    leaving.map(({ type }) => type).toSorted(),
  );
  for (const operation of parsed.operations().all()) assert.ok(operation.isSend());
});

test('every record that is sent fits the message that the contract has for it: value, headers and key', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'house', ...document });
  const fits = (name: string, value: unknown): void =>
    assert.ok(
      ajv.validate({ $ref: `house#/components/schemas/${name}` }, value),
      `${name}: ${ajv.errorsText()}`,
    );
  const publishing = { registry, epoch: 'e', prefix: 'house' };
  let sent = 0;
  for (const example of examples) {
    const event = leavingEvent(registry, placed(example));
    const record = recordOf(publishing, event);
    if (record === undefined) continue;
    sent += 1;
    fits(`${event.type}CloudEvent`, JSON.parse(record.value));
    fits('CloudEventHeaders', record.headers);
    fits('StreamName', record.key);
    const other = leaving.find(({ type }) => type !== event.type)?.type;
    assert.ok(
      !ajv.validate({ $ref: `house#/components/schemas/${other}CloudEvent` }, JSON.parse(record.value)),
    );
  }
  assert.ok(sent > 40);
});

test('nothing in it is secret, and two parts cannot say two things under one name', () => {
  const text = JSON.stringify(document);
  for (const word of ['secret', 'personal', 'capability', 'reserve', 'balance'])
    assert.ok(!text.includes(`"${word}":`), word);
  const other = { channels: {}, operations: {}, components: { messages: {}, schemas: { Currency: {} } } };
  assert.throws(
    () => asyncApi({ version: '1', bus, parts: [...parts, other] }),
    /Currency is described in two ways/,
  );
  assert.deepEqual(asyncApi({ version: '1', bus, parts: [...parts, ...parts] }), document);
  assert.equal(asyncApi({ version: '1', bus: { engine: 'memory' }, parts }).servers, undefined);
});

test('events and commands are one document, in which a reply goes where its command says', async () => {
  const commands = commandsByAsyncApi(registry, { prefix: 'house', replyPrefixes: ['house.replies.'] });
  const whole = asyncApi({ version: '1', bus, parts: [...parts, commands] });
  const { document: parsed, diagnostics } = await new Parser().parse(JSON.stringify(whole));
  const problems = diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version');
  assert.deepEqual(
    problems.map(({ code, message, path }) => `${code} ${path.join('.')}: ${message}`).slice(0, 5),
    [],
  );
  const [receiving, ...others] = parsed?.operations().filterByReceive() ?? [];
  assert.deepEqual([receiving?.id(), others.length], ['decideCommand', 0]);
  assert.equal(receiving?.reply()?.address()?.location(), '$message.payload#/replyTo');
  const addresses =
    parsed
      ?.channels()
      .all()
      .map((channel) => channel.address()) ?? [];
  assert.ok(
    ['house.commands', 'house.commands.dead', 'house.auctions'].every((name) => addresses.includes(name)),
  );
});
