import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { projections } from '#cli/projections.ts';
import { registry, views } from '#compose/contexts.ts';
import { openStores } from '#compose/stores.ts';
import { openWorkplace } from '#compose/workplace.ts';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { systemClock } from '#engines/clock/system.ts';
import { EXIT, exitCodeOf } from '#exit';

// A read store that was worked on before holds an older state of the same history, and looks like any other.

let root = '';
before(() => {
  root = mkdtempSync(join(tmpdir(), 'annals-noted-'));
  return () => rmSync(root, { recursive: true, force: true });
});
const folderOf = (): string => mkdtempSync(join(root, 'data-'));
const NOTED = 'mongodb://one/annals';
const clock = systemClock();
const open = (folder: string, more: object = {}) =>
  openStores({ profile: 'embedded', folder }, { clock, ...more });

test('beside a process with another read store nobody works on the old one, unless they say so', async () => {
  const folder = folderOf();
  await (await open(folder)).close();
  // As a process that works on MongoDB leaves it.
  writeFileSync(join(folder, 'read-store.json'), JSON.stringify({ readStore: NOTED, identity: 'another' }));
  rmSync(join(folder, 'views.db'));
  const before = readdirSync(folder);
  const says = new RegExp(`sqlite:, and the process .* in ${folder} keeps its read models in ${NOTED}`);
  await assert.rejects(open(folder, { readOnly: true }), (error: Error) => {
    assert.match(error.message, /^READ_STORE cannot be used: .*--this-read-store\.$/);
    assert.match(error.message, says);
    assert.equal(exitCodeOf(error), EXIT.unusable);
    return true;
  });
  // A role waits for the process that writes: it may be on its way to this one.
  await assert.rejects(open(folder, { readOnly: true, ownedElsewhere: true }), (error: Error) => {
    assert.ok(error instanceof StoreError && error.code === 'unavailable');
    assert.match(error.message, says);
    return true;
  });
  assert.deepEqual(readdirSync(folder), before, 'nothing was made');
  await (await open(folder, { readOnly: true, whicheverReadStore: true })).close();
  await (await open(folder)).close();
  await (await open(folder, { readOnly: true })).close();
});

test('a role beside read models of another history is told that its folder may be the wrong one', async () => {
  const [ours, theirs] = [folderOf(), folderOf()];
  for (const folder of [ours, theirs]) await (await open(folder)).close();
  copyFileSync(join(theirs, 'views.db'), join(ours, 'views.db'));
  const says = new RegExp(
    `does not belong to the history in ${ours}: .* of another one.* DATA_DIR, too, has to be`,
  );
  await assert.rejects(open(ours, { readOnly: true, ownedElsewhere: true }), says);
});

test('the command line says what it works on, and does not take nothing for health', async () => {
  const folder = folderOf();
  await (await open(folder)).close();
  const lines: string[] = [];
  const work = await openWorkplace({ folder, views, registry, print: (line) => lines.push(line) });
  try {
    for (const words of [['status'], ['parked'], ['retry']]) {
      lines.length = 0;
      assert.equal(await projections(work, words), 1, words.join());
      assert.equal(lines.at(0), `The history in ${folder}, the read store sqlite:views.db.`);
      assert.match(lines.at(-1) ?? '', /^There is no view in sqlite:views\.db: .*READ_STORE/);
    }
  } finally {
    await work.close();
  }
});

test('a folder that is not there is said to be none, by what names it, and is not made', async () => {
  const folder = join(root, 'nowhere');
  const options = { folder, views, registry, print: () => undefined };
  const refused = (named: string) =>
    new RegExp(`^UnusableError: ${named} cannot be used: there is no folder ${folder}`);
  await assert.rejects(openWorkplace({ ...options, named: '--data' }), refused('--data'));
  const readStore = {
    ...{ engine: 'mongodb' as const, url: 'mongodb://127.0.0.1:1', address: 'mongodb://127.0.0.1:1/annals' },
    ...{
      database: 'annals',
      files: { credentials: undefined, authority: undefined, certificate: undefined },
    },
  };
  await assert.rejects(openWorkplace({ ...options, readStore }), refused('DATA_DIR'));
  assert.ok(!readdirSync(root).includes('nowhere'));
});
