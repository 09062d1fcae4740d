import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { after, test } from 'node:test';
import { z } from 'zod';
import { unlisted } from '../gate/joining.ts';
import { treeOf } from '../gate/tree.ts';
import { boot, startJs } from '../support/booted.ts';
import { signIn } from '../support/customer.ts';
import { until } from '../support/until.ts';
import { follow, recipesIn } from './recipes.ts';

// Whoever follows CONTRIBUTING.md gets what it says: a context that the gate lets in, and that people can use.

const here = resolve(import.meta.dirname, '../..');
const recipes = recipesIn(readFileSync(join(here, 'CONTRIBUTING.md'), 'utf8'));
const copy = mkdtempSync(join(tmpdir(), 'annals-recipes-'));
after(() => rmSync(copy, { recursive: true, force: true }));

const LEFT_OUT = new Set(['.git', 'node_modules', 'data']);
cpSync(here, copy, {
  recursive: true,
  filter: (path) =>
    !relative(here, path)
      .split('/')
      .some((part) => LEFT_OUT.has(part)),
});
for (const modules of ['node_modules', 'test/generated-clients/node_modules'])
  if (readdirSync(join(here, modules, '..')).includes('node_modules'))
    symlinkSync(join(here, modules), join(copy, modules));

/** Runs a program of the project in the copy. @throws what it printed, when it fails */
function run(program: string, ...words: readonly string[]): string {
  try {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    return execFileSync(program, words, { cwd: copy, encoding: 'utf8', env });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`${program} ${words.join(' ')}\n${stdout}${stderr}`);
  }
}
const installed = (name: string): string => join(copy, 'node_modules/.bin', name);

/** What a recipe names that the copy already has, and what it adds. */
const sizeOf = (blocks: (typeof recipes)[number]['blocks']) => ({
  files: new Set(blocks.map(({ path }) => path)).size,
  lines: blocks.flatMap(({ kind, text }) =>
    text.split('\n').filter((line) => kind === 'file' || line.startsWith('+')),
  ).length,
});

test('there is a recipe for a context, a command, a view, a query, a saga and an engine', () => {
  assert.deepEqual(
    recipes.map(({ title }) => title),
    [
      '1. Add a context',
      '2. Add a command',
      '3. Add a view',
      '4. Add a query and a feed',
      '5. Add a saga',
      '6. Add an engine',
    ],
  );
});

test('whoever follows them passes the quick part of the gate', { timeout: 300_000 }, (t) => {
  for (const recipe of recipes) {
    follow(recipe, copy);
    const { files, lines } = sizeOf(recipe.blocks);
    t.diagnostic(`${recipe.title}: ${files} files, ${lines} lines`);
  }
  run(process.execPath, 'cli/print-schema.ts');
  run(process.execPath, 'test/fixtures/keep-names.ts');
  run(installed('tsc'));
  run(
    installed('biome'),
    'check',
    '--vcs-enabled=false',
    ...['domain', 'projections', 'sagas', 'read-api', 'compose', 'engines'],
  );
  const gate = ['walls', 'completeness'].map((name) => `test/gate/${name}.test.ts`);
  const lasting = [
    'test/unit/domain/kernel/stored-events.test.ts',
    'test/unit/compose/lasting-names.test.ts',
  ];
  const written = recipes.flatMap(({ blocks }) => blocks.map(({ path }) => path));
  const own = new Set(written.filter((path) => path.endsWith('.test.ts')));
  // Each of them loads the product, which nobody has compiled here before.
  const inOneProcess = ['--test', '--test-isolation=none'];
  run(process.execPath, ...inOneProcess, ...gate, ...lasting, ...own);
  const asked = ['snapshot', 'read'].map((port) => `--test-name-pattern=${port} store: sqlite`);
  const said = run(process.execPath, '--test', ...asked, 'test/contracts/read-stores.test.ts');
  assert.match(said, /tests [1-9]/, 'the contract of the engine was asked');
});

const forgotten: readonly (readonly [path: string, entry: string, without: string, sentence: RegExp])[] = [
  [
    'compose/contexts.ts',
    ', notes,',
    ',',
    /^compose\/contexts\/notes\.ts is no context.*compose\/contexts\.ts$/,
  ],
  [
    'compose/contexts/notes.ts',
    '[forget(note)]',
    '[]',
    /declares note.*`deciders` in compose\/contexts\/notes/,
  ],
  [
    'compose/contexts/notes.ts',
    '[notesView]',
    '[]',
    /declares notesView.*`views` in compose\/contexts\/notes/,
  ],
  [
    'compose/contexts/notes.ts',
    '[noteReminder]',
    '[]',
    /declares noteReminder.*`sagas` in compose\/contexts/,
  ],
  [
    'compose/contexts/notes.ts',
    'operations: noteOperations',
    'operations: none',
    /noteOperations.*`operations` in compose/,
  ],
];
for (const [path, entry, without, sentence] of forgotten)
  test(`whoever forgets ${entry} is told where it belongs`, () => {
    const tree = treeOf(copy);
    const text = tree.get(path) ?? '';
    assert.ok(text.includes(entry));
    // What is not listed is not imported either: an import that nobody needs does not pass the gate.
    const name = /\w+(?=\)?\]?,?$)/.exec(entry)?.[0] ?? '';
    const unused = new RegExp(`^import .*\\b${name}\\b.*$`, 'm');
    const said = unlisted(new Map([...tree, [path, text.replace(entry, without).replace(unused, '')]]));
    assert.match(said.join('\n'), sentence);
    assert.equal(said.length, 1, said.join('\n'));
  });

const Asked = z.object({
  data: z.object({ note: z.object({ text: z.string(), due: z.boolean() }).nullable() }),
});

test('and people can use what they have made', { timeout: 120_000 }, async () => {
  const data = join(copy, 'data');
  const platform = boot({ DATA_DIR: data }, ['node', startJs(copy)], copy);
  const at = await platform.address();
  const ann = await signIn(at, 'ann', ['bidder']);
  const soon = new Date(Date.now() + 300).toISOString();
  const { body: written } = await ann.send('notes/write-note', {
    noteId: 'n1',
    text: 'Look.',
    remindAt: soon,
  });
  assert.equal(written.outcome, 'accepted', JSON.stringify(written));
  const query = `{ note(noteId: "n1", atLeast: "${written.token}") { noteId text struck due } }`;
  const asked = async () => Asked.parse((await ann.query(query)).body).data.note;
  assert.equal((await asked())?.text, 'Look.');
  await until(async () => (await asked())?.due, 'somebody is reminded');
  const { body: struck } = await ann.send('notes/strike-note', { noteId: 'n1' });
  assert.equal(struck.outcome, 'accepted', JSON.stringify(struck));
  const { body: again } = await ann.send('notes/write-note', { noteId: 'n1', text: 'Twice.' });
  assert.equal(again.code, 'note_exists');
  platform.kill('SIGTERM');
  assert.equal(await platform.exited, 0, platform.output());
});
