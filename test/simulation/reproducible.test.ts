import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from './child.ts';
import { run } from './run.ts';
import { Story, storyOf } from './story.ts';

const STEPS = 40;
/** One with a process of its own, and one whose two processes share their stores. */
const seeds = [1, 4];

test('the same story is the same run, step by step, also after it was kept as JSON', async () => {
  assert.deepEqual(
    seeds.map((seed) => storyOf(seed, STEPS).shared),
    [false, true],
  );
  for (const seed of seeds) {
    const story = storyOf(seed, STEPS);
    const [first, second] = [await run(story), await run(Story.parse(JSON.parse(JSON.stringify(story))))];
    assert.deepEqual(first.problems, []);
    assert.ok(first.steps > 1_000);
    assert.equal(second.hash, first.hash);
    assert.deepEqual(second.faults, first.faults);
  }
});

test('another seed of the scheduler is another run of the same steps', async () => {
  const story = storyOf(1, STEPS);
  assert.notEqual((await run({ ...story, seed: 2 })).hash, (await run(story)).hash);
});

test('another process makes the same runs', async () => {
  for (const seed of seeds) {
    const { hash } = await run(storyOf(seed, STEPS));
    const { output } = await simulate('--seed', String(seed), '--steps', String(STEPS));
    assert.ok(output.includes(hash), `${output} does not say ${hash}`);
  }
});
