import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exhaust } from './exhaustive.ts';
import { faults, harmless } from './faults.ts';
import { givenWorld } from './world.ts';

for (const { name, parts, maxima, problem, given = givenWorld } of faults)
  test(`the search finds ${name}, and tells how it comes to that`, async (t) => {
    const { story, states } = await exhaust(await given(t, maxima), { parts, mostStates: 1_000_000 });
    t.diagnostic(`${states} states\n${story}`);
    assert.match(story ?? 'nothing was found', problem);
  });

test('in a plain search a crash is a move like any other, and stands in the story', async (t) => {
  const fault = faults.find(({ name }) => name === 'a catch-up consumer that follows nothing');
  assert.ok(fault);
  const { parts, maxima, problem } = fault;
  const { story } = await exhaust(await givenWorld(t, maxima), { parts, plain: true, mostStates: 1_000_000 });
  t.diagnostic(story ?? '');
  assert.match(story ?? '', problem);
  assert.match(story ?? '', /CRASH/);
});

test(`behind another defence, no harm comes of ${harmless.name}`, async (t) => {
  const { parts, maxima } = harmless;
  const { story, ends } = await exhaust(await givenWorld(t, maxima), { parts, mostStates: 1_000_000 });
  assert.equal(story, undefined);
  assert.ok(ends > 0);
});
