import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registryOf } from '#domain/kernel/registry.ts';
import { tallies, tallyDeciders } from '#test/support/tally.ts';
import { intake } from '#write-side/pipeline/intake.ts';

const registry = registryOf([tallies]);

test('two deciders of one kind of stream, or of one command, do not start', () => {
  const [tally] = tallyDeciders;
  assert.ok(tally);
  assert.doesNotThrow(() => intake(registry, tallyDeciders));
  assert.throws(
    () => intake(registry, [tally, { ...tally, commands: [] }]),
    /tally streams have two deciders/,
  );
  assert.throws(() => intake(registry, [tally, { ...tally, category: 'other' }]), /is decided twice/);
});
