import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownAffair } from '#domain/kernel/own-affair.ts';
import { changed, type Plant, plant } from '#test/support/plant.ts';
import { simulate } from './child.ts';
import { plants } from './plants.ts';

// Without a plant the same stories keep every promise: these seeds are among those of the other tests here.

const SEEDS = 60;
/** A story of so many steps is short: that a shorter one fails, too, would prove no more. */
const MOST_STEPS_LEFT = 20;
const SHRINK_RUNS = 90;
const AT_ONCE = 2;
/**
 * The story of every sixth is made short, of each with ANNALS_EVERY_PLANT=1: to find one takes a few runs, to shrink it takes
 * more, most of all that of a lost wake-up, which stands first.
 */
const SHRUNK = process.env.ANNALS_EVERY_PLANT === '1' ? 1 : 6;
const FIRST_SHRUNK = 4 % SHRUNK;

/** Seeds whose stories are made short, at most: one may be such that what can be left out of it is hard to find. */
const ROUNDS = 3;

async function finds({ name, story }: Plant): Promise<string> {
  const { code, output } = await simulate('--plant', name, '--seeds', String(SEEDS), '--shrink', '0');
  assert.equal(code, 1, `${name} was not found: ${output.slice(-2_000)}`);
  const found = /seed (\d+) FAILED/.exec(output)?.[1];
  assert.ok(found !== undefined, output.slice(-2_000));
  return `${name}: found by seed ${found}. ${story}`;
}

async function findsAndShrinks({ name, story }: Plant): Promise<string> {
  const lefts: string[] = [];
  for (let first = 1; lefts.length < ROUNDS; ) {
    const { code, output } = await simulate(
      ...['--plant', name, '--seed', String(first), '--seeds', String(SEEDS)],
      ...['--shrink', String(SHRINK_RUNS), '--few', String(MOST_STEPS_LEFT)],
    );
    const found = /seed (\d+) FAILED/.exec(output)?.[1];
    const left = /The smallest story that fails \((\d+) of \d+ steps/.exec(output)?.[1];
    assert.equal(code, 1, `${name} was not found: ${output.slice(-2_000)}`);
    assert.ok(found !== undefined && left !== undefined, output.slice(-2_000));
    assert.match(output, new RegExp(`--story \\S+ --plant ${name}`));
    if (Number(left) <= MOST_STEPS_LEFT) return `${name}: found by seed ${found}, in ${left} steps. ${story}`;
    lefts.push(left);
    first = Number(found) + 1;
  }
  return assert.fail(`${lefts.join(', ')} steps are left of the stories that find ${name}`);
}

test('the simulation finds each bug that is planted, and makes stories short', {
  timeout: 600_000,
}, async (t) => {
  const next = plants.entries();
  const worker = async () => {
    for (const [at, plant] of next)
      t.diagnostic(await (at % SHRUNK === FIRST_SHRUNK ? findsAndShrinks(plant) : finds(plant)));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
});

test('a plant that changes nothing, or that nobody knows, is refused', async () => {
  const load = () => import('#domain/kernel/own-affair.ts');
  await plant(load, 'ownAffair', (original) => original);
  const url = import.meta.resolve('#domain/kernel/own-affair.ts');
  assert.throws(() => changed(url, 'ownAffair', ownAffair), /changes nothing of ownAffair/);
  const { code, output } = await simulate('--plant', 'unheard-of');
  assert.notEqual(code, 0);
  assert.match(output, /no plant is called unheard-of/);
});

test('what the seeds never met fails where they are to cover everything', async () => {
  const { code, output } = await simulate('--seeds', '1', '--steps', '5', '--covering');
  assert.equal(code, 1);
  assert.match(output, /What never happened was never tested: .*LotSettled|process frozen/);
});
