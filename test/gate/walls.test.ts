import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idleExceptions } from './context-walls.ts';
import { idleLooks } from './engine-walls.ts';
import { idleAsking, staleTokens } from './tokens.ts';
import { importsOf, readTree } from './tree.ts';
import { importsByFile, wallProblems } from './walls.ts';

const tree = readTree();

test('every import keeps to the walls of docs/architecture.md', () => {
  assert.ok(tree.size > 100, 'the tree was found');
  assert.deepEqual(wallProblems(tree), []);
});

test('every way of importing is seen', () => {
  const text = `
    import type { A } from './a.ts';
    import { type B } from './b.ts';
    export * from './c.ts';
    export type { D } from './d.ts';
    type E = import('./e.ts').E;
    if (Math.max()) void (await import('./f.ts'));
    new Worker(new URL('./g.ts', import.meta.url));
    import './h.ts';
    const name = './i.ts';
    void import(name);
    // import './comment.ts';
    const text = "import './string.ts'";`;
  assert.deepEqual(
    importsOf('x.ts', text).map((at) => at.replace(/^\.\/|\.ts$/g, '')),
    [...'abcdefgh', '?'],
  );
});

// Each planted file breaks one wall; the gate has to say so, or it proves nothing.
const planted: readonly (readonly [wall: string, path: string, text: string, problem: RegExp])[] = [
  [
    'a type goes through too',
    'projections/x.ts',
    "import type { A } from '#write-side/rest/body.ts';",
    /behind a wall/,
  ],
  ['a re-export too', 'sagas/x.ts', "export * from '#engines/ids.ts';", /behind a wall/],
  [
    'deciders are for the write side',
    'read-api/x.ts',
    "import '#domain/wallets/wallet/decider.ts';",
    /behind a wall/,
  ],
  [
    'also one of a context',
    'projections/x.ts',
    "import '#domain/auctions/auction/decider.ts';",
    /behind a wall/,
  ],
  ['drivers are for engines', 'projections/x.ts', "import 'node:sqlite';", /driver/],
  ['in whatever form', 'write-side/x.ts', "type X = import('mongodb').Db;", /driver/],
  [
    'the domain needs nothing that runs',
    'domain/kernel/x.ts',
    "import '#runtime/pause.ts';",
    /behind a wall/,
  ],
  [
    'what every room runs on knows none',
    'runtime/x.ts',
    "import '#write-side/rest/body.ts';",
    /behind a wall/,
  ],
  ['nor any context', 'runtime/x.ts', "import '#domain/wallets/wallet/messages.ts';", /behind a wall/],
  ['engines know the kernel only', 'engines/x.ts', "import '#domain/auctions/ladder.ts';", /behind a wall/],
  ['contexts are strangers', 'domain/wallets/x.ts', "import '../auctions/ladder.ts';", /know each other/],
  ['zod’s inside knows no kernel', 'domain/zod/x.ts', "import '../kernel/money.ts';", /know each other/],
  ['the kernel knows no context', 'domain/kernel/x.ts', "import '../auctions/ladder.ts';", /know each other/],
  [
    'states stay in the domain, their own context’s too',
    'projections/wallets/x.ts',
    "import type { WalletState } from '#domain/wallets/wallet/state.ts';",
    /behind a wall/,
  ],
  [
    'and whatever else is not shown',
    'sagas/auctions/x.ts',
    "import '#domain/auctions/people.ts';",
    /the inside of auctions/,
  ],
  [
    'contexts are strangers in every room',
    'read-api/wallets/x.ts',
    "import '#domain/auctions/lot/messages.ts';",
    /span contexts is named/,
  ],
  [
    'by what their rooms hold, too',
    'sagas/wallets/x.ts',
    "import '../auctions/lot-custody.ts';",
    /span contexts is named/,
  ],
  [
    'what serves all knows none',
    'sagas/runtime/x.ts',
    "import '#domain/wallets/wallet/messages.ts';",
    /span contexts is named/,
  ],
  [
    'nobody lists what is of another',
    'compose/contexts/wallets.ts',
    "import '#sagas/auctions/lot-custody.ts';",
    /span contexts is named/,
  ],
  [
    'nor does a test of one context read another',
    'test/unit/sagas/wallets/x.test.ts',
    "import '#domain/auctions/lot/messages.ts';",
    /span contexts is named/,
  ],
  [
    'whatever it is that it tests',
    'test/unit/domain/auctions/x.test.ts',
    "import type { Wallet } from '#domain/wallets/wallet/state.ts';",
    /span contexts is named/,
  ],
  [
    'or what tests of another have made for themselves',
    'test/unit/projections/wallets/x.test.ts',
    "import '../auctions/views.test.ts';",
    /span contexts is named/,
  ],
  [
    'workflows hand no context on to others',
    'domain/workflows/x.ts',
    "export * from '../auctions/lot/messages.ts';",
    /hands on what is of auctions/,
  ],
  [
    'nor do helpers of tests, under another name',
    'test/support/x.ts',
    "import { wallet } from '#domain/wallets/wallet/decider.ts'; export { wallet as purse };",
    /hands on what is of wallets/,
  ],
  [
    'messages hand on messages only',
    'domain/auctions/lot/messages.ts',
    "export * from './custody.ts'; export * from './events.ts';",
    /exports .\/custody.ts: it hands on/,
  ],
  [
    'a manifest whose name begins as another’s is one',
    'compose/contexts/platform-fees.ts',
    "import '#sagas/auctions/lot-custody.ts';",
    /span contexts is named/,
  ],
  [
    'what the runtime brings is imported',
    'projections/x.ts',
    "process.getBuiltinModule('node:sqlite');",
    /driver/,
  ],
  [
    'whatever is resolved is meant',
    'sagas/x.ts',
    "new Worker(new URL(import.meta.resolve('#engines/ids.ts')));",
    /behind a wall/,
  ],
  [
    'one file opens the stores',
    'compose/x.ts',
    "import '#engines/event-store/sqlite/store.ts';",
    /by openStores/,
  ],
  [
    'whatever they are opened for',
    'bench/x.ts',
    "import '#engines/read-store/sqlite/store.ts';",
    /by openStores/,
  ],
  ['also in tests', 'test/scenarios/x.ts', "import '#engines/event-store/memory.ts';", /by openStores/],
  [
    'nor does whoever opens other engines name those of stores',
    'compose/engines.ts',
    "import type { SqliteReaders } from '#engines/read-store/sqlite/readers.ts';",
    /by openStores/,
  ],
  [
    'engines are opened in few places',
    'compose/x.ts',
    "import type { SimulatedProvider } from '#engines/payments/simulated/provider.ts';",
    /be handed/,
  ],
  ['the command line opens none', 'cli/x.ts', "import '#engines/clock/system.ts';", /behind a wall/],
  [
    'the domain does no I/O',
    'domain/auctions/x.ts',
    "import { readFile } from 'node:fs/promises';",
    /needs no/,
  ],
  ['the demo is a customer', 'demo/x.ts', "import '#domain/kernel/money.ts';", /behind a wall/],
  ['rooms by their names', 'write-side/x.ts', "import '../domain/kernel/registry.ts';", /by #room/],
  ['relative inside', 'write-side/x.ts', "import '#write-side/rest/body.ts';", /relative paths/],
  ['tests stay out', 'compose/x.ts', "import '#test/support/seeded.ts';", /only tests/],
  ['nothing imported by a value', 'compose/x.ts', 'const a = 1; await import(String(a));', /running it/],
  ['no loader', 'compose/x.ts', "import { createRequire } from 'node:module';", /past these walls/],
  ['no room unheard of', 'helpers/x.ts', "import 'zod';", /no room/],
  ['the environment is for the start', 'write-side/x.ts', "import '#config';", /behind a wall/],
];

for (const [wall, path, text, problem] of planted)
  test(`the gate notices: ${wall}`, () => {
    const problems = wallProblems(new Map([...tree, [path, text]])).filter((line) => line.startsWith(path));
    assert.match(problems.join('\n'), problem);
  });

test('a token is looked at behind the body that comes with it', () => {
  assert.deepEqual(staleTokens(tree, importsByFile(tree)), []);
});

const stale: readonly (readonly [how: string, text: string, problem: RegExp])[] = [
  [
    'that looks at a token itself',
    'export const a = (b) => authenticate(b.headers.authorization);',
    /asks itself/,
  ],
  ['that does so in another form', 'export const a = (b, parts) => parts.authenticate(b);', /asks itself/],
  [
    'that reads a body itself',
    "import { askedByToken } from './asked-by-token.ts'; import { readJson } from './body.ts';",
    /take withBody/,
  ],
];
for (const [how, text, problem] of stale)
  test(`the gate notices a route ${how}`, () => {
    const planted = new Map([['write-side/rest/x.ts', text]]);
    assert.match(staleTokens(planted, importsByFile(planted)).join('\n'), problem);
  });

test('no exception stands that nobody needs', () => {
  assert.deepEqual(idleExceptions(importsByFile(tree)), []);
  const [first] = idleExceptions(new Map());
  assert.match(first ?? '', /spans no contexts/);
  assert.deepEqual(idleLooks(importsByFile(tree)), []);
  const [look] = idleLooks(new Map());
  assert.match(look ?? '', /looks into no engine/);
  assert.deepEqual(idleAsking(tree), []);
  assert.match(idleAsking(new Map())[0] ?? '', /asks nothing of tokens/);
});

test('the gate notices a circle, of types too', () => {
  const problems = wallProblems(
    new Map([
      ...tree,
      ['domain/kernel/x.ts', "import type { Y } from './y.ts';"],
      ['domain/kernel/y.ts', "export * from './z.ts';"],
      ['domain/kernel/z.ts', "import './x.ts';"],
    ]),
  );
  assert.deepEqual(problems, [
    'domain/kernel/x.ts → domain/kernel/y.ts → domain/kernel/z.ts → domain/kernel/x.ts: a circle; what both need stands in a file of its own',
  ]);
});

test('the gate follows imports to their end', () => {
  const problems = wallProblems(
    new Map([
      ...tree,
      ['read-api/x.ts', "import '#projections/x.ts';"],
      ['projections/x.ts', "import type { B } from './y.ts';"],
      ['projections/y.ts', "export type { C } from '#projections/runtime/z.ts';"],
      ['projections/runtime/z.ts', 'export type C = 1;'],
    ]),
  );
  assert.ok(
    problems.includes(
      'read-api/x.ts → projections/x.ts → projections/y.ts → projections/runtime/z.ts: is behind a wall: the table in docs/architecture.md says what each room may read',
    ),
    problems.join('\n'),
  );
});
