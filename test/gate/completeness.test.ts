import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema } from 'graphql';
import { z } from 'zod';
import { deciders, operations, registry, workflows } from '#compose/contexts.ts';
import { Role } from '#domain/kernel/actor.ts';
import type { JsonSchema } from '#domain/kernel/json-schema.ts';
import { event, refusalShape, rejection } from '#domain/kernel/message.ts';
import { MinorUnits } from '#domain/kernel/money.ts';
import { registryOf } from '#domain/kernel/registry.ts';
import { schemaDocument } from '#read-api/schema/document.ts';
import { describedBy } from '#test/support/described.ts';
import { ownAffairs } from '#test/support/own-affairs.ts';
import { givenPlatform, someone } from '#test/support/platform.ts';
import { openApi } from '#write-side/rest/openapi.ts';
import { commandPaths } from '#write-side/rest/paths.ts';
import { camel, homeless, undecided, undecidedOwnAffairs, unevolved, untested } from './completeness.ts';
import { unfollowed, unlisted, unregistered } from './joining.ts';
import { tellingFields, unconsidered } from './leaving.ts';
import { readTree } from './tree.ts';

const tree = readTree();
const commands = [...registry.commands.values()].map(({ command }) => command);
const open = commands.filter(({ from }) => from !== 'internal').map(({ type }) => type);
const internal = commands.filter(({ from }) => from === 'internal').map(({ type }) => type);
const api = openApi(registry, { version: '0' });
const schema = buildSchema(schemaDocument(registry, operations).text);

test('the registry is the one the platform runs on', () => {
  assert.ok(registry.contexts.length >= 2);
  for (const type of ['AcceptBid', 'ReserveFunds', 'CaptureHold']) assert.ok(internal.includes(type), type);
  for (const type of ['PlaceBid', 'OpenWallet']) assert.ok(open.includes(type), type);
});

test('every command has one decider with a branch for it, every workflow guards a command of the registry', () => {
  assert.deepEqual(undecided(registry, deciders, workflows), []);
});

test('every event belongs to one stream and has its case in the fold', () => {
  assert.deepEqual(homeless(registry, deciders), []);
  assert.deepEqual(unevolved(tree), []);
});

test('of every event with an amount it is said whether that leaves for the topics', () => {
  assert.deepEqual(unconsidered(registry), []);
});

test('what a person has, holds or owes leaves in no event: of their money only what they ask for, and what they send', () => {
  const ofPeople = ['wallet', 'unclaimed', 'debtor'];
  const telling = deciders
    .filter(({ category }) => ofPeople.includes(category))
    .flatMap(({ events }) =>
      events.flatMap(({ type }) => tellingFields(registry, type).map((it) => `${type}.${it}`)),
    );
  assert.deepEqual(telling, ['TopUpRequested.amount', 'TransferSent.amount']);
});

test('every command is the subject of a test', () => {
  assert.deepEqual(untested(registry, tree), []);
});

test('every public command has a path and a mutation, and nothing else has', () => {
  assert.deepEqual(
    commandPaths(registry)
      .map(({ command }) => command.type)
      .toSorted(),
    open.toSorted(),
  );
  const described = Object.keys(api.paths ?? {}).filter((path) => path.startsWith('/commands/'));
  assert.equal(described.length, open.length);
  const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {});
  assert.deepEqual(mutations.toSorted(), open.map(camel).toSorted());
});

/** Every schema within a schema, with the name of what it stands for. */
const within = (schema: JsonSchema, name: string): readonly (readonly [string, JsonSchema])[] => [
  [name, schema],
  ...Object.entries(schema.properties ?? {}).flatMap(([field, inner]) => within(inner, `${name}.${field}`)),
  ...(schema.items === undefined ? [] : within(schema.items, `${name}[]`)),
];
test('the form of a public command is said in full: each object closed, each text by a pattern, each list and number bounded', () => {
  const { components } = describedBy(api).document;
  const requests = Object.entries(components.schemas).filter(([name]) => /(Command|Input)$/.test(name));
  assert.ok(requests.length > open.length);
  const refers = ({ $ref = '' }: JsonSchema) => components.schemas[$ref.slice($ref.lastIndexOf('/') + 1)];
  const vague = requests
    .flatMap(([name, schema]) => within(schema, name))
    .map(([name, schema]) => [name, (refers(schema) ?? schema) as JsonSchema] as const)
    .filter(([, { type, additionalProperties, pattern, enum: values, maxItems, minimum, maximum }]) => {
      if (type === 'object') return additionalProperties !== false;
      if (type === 'string') return pattern === undefined && values === undefined;
      if (type === 'array') return maxItems === undefined;
      return type === 'integer' ? minimum === undefined || maximum === undefined : type !== 'boolean';
    });
  assert.deepEqual(
    vague.map(([name]) => name),
    [],
  );
});

test('400 means the form alone: no command declares a rejection under it', () => {
  const declared = commands.flatMap(({ rejections }) => rejections.filter(({ status }) => status === 400));
  assert.deepEqual(
    declared.map(({ code }) => code),
    [],
  );
});

test('no internal command can be reached from outside, whatever the roles of a token', async () => {
  const { pipeline } = givenPlatform({ contexts: registry.contexts, deciders, workflows });
  const everyone = someone('eve', ...Role.options.filter((role) => role !== 'system'));
  for (const command of internal) {
    const reply = await pipeline.dispatch({
      command,
      data: {},
      commandId: `try-${command}`,
      actor: everyone,
      origin: { channel: 'http' },
    });
    assert.equal(reply.outcome === 'rejected' && reply.rejection.code, 'forbidden', command);
  }
});

test('a public command names roles that a person can have, and no other', () => {
  for (const { type, from } of commands)
    assert.ok(from === 'internal' || (from.length > 0 && !from.includes('system')), type);
});

test('of every command of staff it is said what becomes of it in one’s own affairs, and that is what it declares', () => {
  assert.deepEqual(undecidedOwnAffairs(registry, ownAffairs), []);
});

test('the catalogue: snake_case codes, one meaning each, a sentence, and a status of refusal', () => {
  for (const { code, message, status } of registry.rejections.values()) {
    assert.match(code, /^[a-z]+(_[a-z]+)*$/);
    assert.match(message, /^[A-Z].*\.$/, code);
    assert.ok(status >= 400 && status < 600, code);
  }
});

// What follows plants a fault for each rule: a gate that cannot fail proves nothing.

test('the gate notices a command without a decider, with two, or without a branch', () => {
  const [first] = deciders.filter((decider) => decider.commands.length > 0);
  assert.ok(first);
  const [command] = first.commands;
  assert.ok(command);
  const without = deciders.filter((decider) => decider !== first);
  assert.ok(undecided(registry, without, workflows).some((line) => line.startsWith(command.type)));
  assert.ok(
    undecided(registry, [...deciders, first], workflows).some((line) => line.startsWith(command.type)),
  );
  const mute = { ...first, decide: {} };
  assert.ok(undecided(registry, [...without, mute], workflows).some((line) => line.startsWith(command.type)));
  assert.ok(undecided(registryOf([]), [first], []).length > 0);
});

test('the gate notices a command of staff of which nobody has said what becomes of it in one’s own affairs', () => {
  const { WriteOffDebt: _, ...others } = ownAffairs;
  assert.match(undecidedOwnAffairs(registry, others).join(), /WriteOffDebt is sent by staff: say in/);
  const lax = { ...ownAffairs, WriteOffDebt: { allowed: 'why not' } };
  assert.match(undecidedOwnAffairs(registry, lax).join(), /WriteOffDebt declares own_affair/);
  const strict = { ...ownAffairs, AmendLot: 'refused' } as const;
  assert.match(undecidedOwnAffairs(registry, strict).join(), /AmendLot does not declare own_affair/);
  assert.match(
    undecidedOwnAffairs(registry, { ...ownAffairs, Gone: 'refused' }).join(),
    /Gone is no command of staff/,
  );
});

test('the gate notices an event that no stream folds', () => {
  const Lost = event('Lost', { version: 1, description: 'Lost.', data: {} });
  const more = registryOf([
    ...registry.contexts,
    { name: 'x', description: 'X.', events: [Lost], commands: [] },
  ]);
  assert.match(homeless(more, deciders).join(), /^Lost belongs to 0 streams: /);
  const folder = (cases: string, end: string): readonly string[] =>
    unevolved(
      new Map([
        ['domain/x/y/messages.ts', "const A = event('A', {}); const B = event('B', {});"],
        ['domain/x/y/decider.ts', `switch (event.type) { ${cases} default: ${end} }`],
      ]),
    );
  assert.equal(folder("case 'A': case 'B': break;", 'unreachable(event);').length, 0);
  assert.equal(folder("case 'A': break;", 'unreachable(event);').length, 1);
  assert.equal(folder("case 'A': case 'B': break;", 'break;').length, 1);
});

test('the gate notices an event that would leave with amounts, and nobody has said that it may', () => {
  const data = { amount: MinorUnits, why: z.string() };
  const Paid = event('Paid', { version: 1, description: 'Paid.', data });
  const Refused = event('Refused', { version: 1, description: 'No.', data: { ...data, ...refusalShape } });
  const events = [Paid, Refused, event('Said', { version: 1, description: 'Said.', data, published: true })];
  const asked = unconsidered(registryOf([{ name: 'x', description: 'X.', events, commands: [] }]));
  assert.match(asked[0] ?? '', /^Paid would leave for the topics with amount: say by `published`/);
  assert.match(asked[1] ?? '', /^Refused would leave for the topics with amount, reason:/);
  assert.equal(asked.length, 2);
});

test('the gate notices a command that no test speaks of', () => {
  assert.deepEqual(untested(registry, new Map()), [...registry.commands.keys()]);
  assert.ok(!untested(registry, new Map([['test/x.test.ts', 'mutation { placeBid }']])).includes('PlaceBid'));
});

test('a code cannot be declared twice with two meanings', () => {
  const [command] = commands;
  assert.ok(command);
  const twice = [rejection('same', { message: 'One.' }), rejection('same', { message: 'Two.' })];
  const context = { name: 'x', description: 'X.', events: [], commands: [{ ...command, rejections: twice }] };
  assert.throws(() => registryOf([context]), /same is declared twice/);
});

test('whatever a context declares is listed in its manifest', () => {
  assert.deepEqual(unlisted(tree), []);
});

test('whatever is declared is in a list, and whatever is followed', () => {
  assert.deepEqual([...unregistered(tree, registry), ...unfollowed(tree)], []);
});

test('the gate says which list is meant', () => {
  const messages =
    "export const MemoLost = event('MemoLost', {}); export const LoseMemo = command('LoseMemo', {});";
  assert.deepEqual(
    unregistered(new Map([['domain/memos/memo/messages.ts', messages]]), registry).map((line) =>
      line.slice(30),
    ),
    [
      'declares MemoLost, which is in no list: add it to `events` of its stream',
      'declares LoseMemo, which is in no list: add it to `commands` of its stream',
    ],
  );
  const feed = 'const source = await services.live(memosView).follow(id);';
  const operations = 'export const x = { followed: [{ view: memosView, stream: memoStream }] };';
  const alone = new Map([['read-api/memos/feed.ts', feed]]);
  assert.match(
    unfollowed(alone).join(),
    /feed\.ts follows memosView: add it, with its stream, to `followed`/,
  );
  assert.deepEqual(unfollowed(new Map([...alone, ['read-api/memos/operations.ts', operations]])), []);
});

const forgotten: readonly (readonly [path: string, text: string, sentence: RegExp])[] = [
  [
    'domain/memos/memo/messages.ts',
    '',
    /^domain\/memos\/ has no manifest: write compose\/contexts\/memos\.ts/,
  ],
  ['compose/contexts/memos.ts', '', /add it to `contexts` in compose\/contexts\.ts/],
  [
    'domain/wallets/x/decider.ts',
    'export const x = decider({});',
    /`deciders` in compose\/contexts\/wallets/,
  ],
  ['domain/workflows/x.ts', 'export const x = workflow({});', /`workflows` in compose\/contexts\/<context>/],
  ['projections/auctions/x.ts', 'export const x: View = view({});', /`views` in compose\/contexts\/auctions/],
  ['sagas/auctions/x.ts', 'export const x = reaction({});', /`reactions` in compose\/contexts\/auctions/],
  [
    'read-api/wallets/x.ts',
    'export const x: Operations = {};',
    /add it to `operations` in compose\/contexts\/wallets/,
  ],
  ['sagas/wallets/x.ts', 'export const x = saga({});', /`sagas` in compose\/contexts\/wallets/],
];
for (const [path, text, sentence] of forgotten)
  test(`the gate says what to do with what was forgotten: ${path}`, () => {
    assert.match(unlisted(new Map([...tree, [path, text]])).join('\n'), sentence);
  });
