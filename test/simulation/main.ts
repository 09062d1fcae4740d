import { parseArgs } from 'node:util';
import { z } from 'zod';
import { sow } from './plants.ts';

const USAGE = `npm run simulate -- [--seed N] [--steps M] [--seeds K] [--plant NAME] [--story FILE]

  --seed N      the first seed, 1 by default
  --steps M     steps of each story, 60 by default
  --seeds K     so many seeds one after the other, 1 by default
  --plant NAME  with a bug put into the product, to see it found
  --covering    fails unless the seeds together have met every kind of fault and every important event
  --story FILE  replays a story that was kept of a failure
  --shrink R    runs that making a failure small may take, 400 by default
  --few S       steps of a story that is small enough, 0 by default
`;

const whole = (usual: number) => z.coerce.number().int().min(0).default(usual);
const Options = z.strictObject({
  seed: whole(1),
  steps: whole(60),
  seeds: whole(1),
  shrink: whole(400),
  few: whole(0),
  plant: z.string().optional(),
  story: z.string().optional(),
  covering: z.boolean().default(false),
  help: z.boolean().default(false),
});

const { values } = parseArgs({
  options: {
    ...{ seed: { type: 'string' }, steps: { type: 'string' }, seeds: { type: 'string' } },
    ...{
      shrink: { type: 'string' },
      few: { type: 'string' },
      plant: { type: 'string' },
      story: { type: 'string' },
    },
    ...{ covering: { type: 'boolean' }, help: { type: 'boolean' } },
  },
});
const { seed, steps, seeds, shrink, few, plant, story, covering, help } = Options.parse(values);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

if (help) print(USAGE);
else {
  if (plant !== undefined) await sow(plant);
  // Loaded only now, so that what was sown is in it.
  const { tellAll } = await import('./telling.ts');
  const shrinking = { mostRuns: shrink, fewSteps: few };
  const telling = { seed, steps, seeds, file: story, plant, covering, shrinking };
  const kept = await tellAll(telling, print);
  process.exitCode = kept ? 0 : 1;
}
