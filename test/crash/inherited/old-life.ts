import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { acknowledgementLog } from '#test/support/acknowledgement-log.ts';
import { counterAt } from '#test/support/counter.ts';
import { tellFromTheFirst } from '../boundaries.ts';
import { type MortalPlatform, mortalPlatform } from '../mortal-platform.ts';

// What another commit's platform leaves when it dies right before or right behind any of its appends. It lives once: at each
// of these moments the whole process stops, and what is copied then is what SIGKILL would have left.

/** Between two looks at whether it has stopped, in milliseconds. */
const LOOK_MS = 1;
/** Of the older code: its process kills itself at its appends. */
const MORTAL = 'test/crash/preloads/mortal.ts';
const STOPPING = resolve(import.meta.dirname, '../preloads/stopping.ts');
const EVERY_APPEND = { DIE_BEFORE_APPEND_BEHIND: '0', DIE_AFTER_APPEND: '1' };

/** Whether every thread of a process has stopped; Linux tells. */
function hasStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  try {
    return readdirSync(tasks).every((task) =>
      / T [^)]*$/.test(readFileSync(`${tasks}/${task}/stat`, 'utf8')),
    );
  } catch {
    // It, or one of its threads, has ended just now.
    return false;
  }
}

/** Hands on each moment at which the platform has stopped, until it is over. */
async function atEachStop(platform: MortalPlatform, over: AbortSignal, copy: () => void): Promise<void> {
  while (!over.aborted) {
    const { pid } = platform;
    if (pid !== undefined && hasStopped(pid)) {
      copy();
      process.kill(pid, 'SIGCONT');
    } else await pause(LOOK_MS);
  }
}

export interface OldLifeOptions {
  /** The root of the code whose deaths are told. */
  readonly root: string;
  /** Holds everything; made and removed by the caller. */
  readonly folder: string;
}

export interface OldLife {
  /** A folder for each crash point, with the data and what clients had been told by then. */
  readonly points: readonly string[];
  /** Where it went on from each of them to the end of the story. */
  readonly data: string;
}

/** Runs the story with the older code. */
export async function oldLife({ root, folder }: OldLifeOptions): Promise<OldLife> {
  const life = join(folder, 'life');
  const data = join(life, 'data');
  mkdirSync(data, { recursive: true });
  const environment = { CLOCK: 'simulated', ...EVERY_APPEND };
  const platform = await mortalPlatform({ root, folder: data, environment, preloads: [MORTAL, STOPPING] });
  const log = acknowledgementLog(join(life, 'acknowledgements.jsonl'));
  const over = new AbortController();
  const points: string[] = [];
  const copying = atEachStop(platform, over.signal, () => {
    const point = join(folder, `point-${points.length}`);
    cpSync(life, point, { recursive: true });
    points.push(point);
  });
  try {
    if (!(await platform.start())) throw new Error(platform.output());
    await Promise.race([tellFromTheFirst(counterAt(platform.url, log, over.signal)), copying]);
    await platform.stop();
    return { points, data };
  } finally {
    over.abort();
    await platform.kill();
    log.close();
  }
}
