import { type Outcome, run } from './run.ts';
import type { Step, Story } from './story.ts';

export interface Shrunk {
  readonly story: Story;
  readonly outcome: Outcome;
  /** Runs it took. */
  readonly runs: number;
}

/** Of a short story other orders are tried, too: leaving a step out changes what the seed makes of the rest. */
const SHORT_STEPS = 14;
const OTHER_SEEDS = [1_000_003, 2_000_003] as const;

export interface Limits {
  readonly mostRuns: number;
  /** A story of no more steps is left as it is. */
  readonly fewSteps: number;
}

/**
 * The smallest story that still fails, as far as so many runs find it: halves, quarters and single steps are left out as
 * long as the rest fails, then what is left is made simpler.
 */
export async function shrink(
  failing: Story,
  outcome: Outcome,
  { mostRuns, fewSteps }: Limits,
): Promise<Shrunk> {
  let best = { story: failing, outcome };
  let runs = 0;

  async function fails(story: Story): Promise<boolean> {
    const seeds = story.steps.length <= SHORT_STEPS ? [0, ...OTHER_SEEDS] : [0];
    for (const more of seeds) {
      if (runs >= mostRuns || best.story.steps.length <= fewSteps) return false;
      runs += 1;
      const candidate = { ...story, seed: story.seed + more };
      const tried = await run(candidate);
      if (tried.problems.length === 0) continue;
      best = { story: candidate, outcome: tried };
      return true;
    }
    return false;
  }

  const without = (from: number, count: number): Story => ({
    ...best.story,
    steps: best.story.steps.toSpliced(from, count),
  });

  async function leaveOut(): Promise<void> {
    for (
      let size = Math.ceil(best.story.steps.length / 2);
      size >= 1;
      size = size === 1 ? 0 : Math.ceil(size / 2)
    )
      for (let from = 0; from < best.story.steps.length; )
        if (!(await fails(without(from, size)))) from += size;
  }

  // What had not been told yet when it failed has no part in it.
  await fails({ ...failing, steps: failing.steps.slice(0, outcome.told) });
  for (let before = -1; before !== best.story.steps.length && runs < mostRuns; ) {
    before = best.story.steps.length;
    await leaveOut();
  }
  for (const [at, step] of best.story.steps.entries()) {
    const simpler = simplerThan(step);
    if (simpler !== undefined) await fails({ ...best.story, steps: best.story.steps.with(at, simpler) });
  }
  return { ...best, runs };
}

function simplerThan(step: Step): Step | undefined {
  if (step.do === 'send' && step.twice) return { ...step, twice: false };
  if (step.do === 'fault' && step.times > 1) return { ...step, times: 1 };
  return undefined;
}
