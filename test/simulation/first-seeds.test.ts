import { test } from 'node:test';
import { tellSeeds } from './many-seeds.ts';

// Half of the seeds: the other half is a file of its own, so that each takes one core.
test(
  'the stories of seeds 1 to 250 keep every promise, through every kind of fault',
  { timeout: 600_000 },
  (t) => tellSeeds(t, 1, 250),
);
