import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { reasonOf } from '#runtime/reason.ts';
import { type MortalPlatform, mortalPlatform } from '../crash/mortal-platform.ts';
import { judgedApart } from '../crash/random-kills.ts';
import { chance } from '../fuzz/chance.ts';
import { inhabit } from '../support/inhabited.ts';
import type { Attack, Case, Scene } from './attack.ts';
import { happens } from './connection.ts';
import { cursorAttacks } from './cursors.ts';
import { floodAttacks } from './floods.ts';
import { frameAttacks } from './frames.ts';
import { handshakeAttacks } from './handshakes.ts';
import { type Held, holdOpen } from './held.ts';
import { oddityAttacks } from './oddities.ts';
import { crowdAttacks, dripAttacks } from './silence.ts';
import { stopInOrder } from './stopping.ts';
import { targetAttacks } from './targets.ts';
import { forgetPeak, openFiles, type Polite, peakBytes, seriousLines, startPolite } from './watching.ts';

// The platform as it is started, attacked by every kind in turn, while a polite client is served and the system watches.

export const attacks: readonly Attack[] = [
  handshakeAttacks,
  frameAttacks,
  targetAttacks,
  oddityAttacks,
  cursorAttacks,
  crowdAttacks,
  dripAttacks,
  floodAttacks,
];

export interface RunOptions {
  readonly seed: number;
  readonly short: boolean;
  /** Kinds by name; all of them by default. */
  readonly only?: readonly string[];
  /** One case of a kind, by its number. */
  readonly caseNumber?: number | undefined;
  /** How long a polite client may wait for anything. */
  readonly politeMs: number;
  readonly say?: (line: string) => void;
}

/** What one kind came to. */
export interface Figures {
  readonly name: string;
  readonly cases: number;
  readonly seconds: number;
  /** Of the polite client meanwhile. */
  readonly longestWaitMs: number;
  readonly peakMemoryBytes: number;
}

export interface Report {
  readonly findings: readonly string[];
  readonly figures: readonly Figures[];
  /** How often the polite client was answered. */
  readonly answered: number;
}

/**
 * So much more than at rest the process may come to, in bytes: what may wait for peers that do not read (bounded over all of them),
 * and what waits to be collected. The long run has three times as many floods at work.
 */
export const mostMoreBytes = (short: boolean): number => (short ? 300 : 724) * 2 ** 20;
/** A case that takes longer hangs. */
const CASE_MS = 60_000;
/** After so many ends there is enough to repair in one kind. */
const MOST_ENDS = 3;
/** How long the end of a process takes to be noticed, and its last requests to be read. */
const NOTICED_MS = 50;
/** Half-open connections that the platform has ended are gone after this, whatever their clients do. */
const LET_GO_MS = 20_000;
/** Files that come and go by themselves: write-ahead logs, readers of the views, the polite client's connections. */
const SPARE_FILES = 24;

/** One run. @throws Error when the platform does not start */
export async function attack(options: RunOptions): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'annals-attack-'));
  const data = join(folder, 'data');
  await mkdir(data);
  const environment = { CLOCK: 'simulated', LOG_LEVEL: 'warn' };
  const platform = await mortalPlatform({ folder: data, environment });
  try {
    if (!(await platform.start())) throw new Error(`it does not start: ${platform.output()}`);
    return await attacked(platform, { folder, data, options });
  } finally {
    await platform.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

type Life = Awaited<ReturnType<typeof sceneOf>>;

async function sceneOf(platform: MortalPlatform, folder: string) {
  const world = await inhabit(platform.url);
  const { hostname, port } = new URL(platform.url);
  let next = 0;
  let crowds = 0;
  let gone = new AbortController();
  const notice = (): void => {
    const life = gone;
    void platform.ended.then(() => life.abort());
  };
  notice();
  const scene: Scene = {
    host: hostname,
    port: Number(port),
    world,
    secrets: [resolve(import.meta.dirname, '../..'), folder],
    get gone() {
      return gone.signal;
    },
    address() {
      next += 1;
      return `127.0.${1 + (Math.floor(next / 200) % 3)}.${1 + (next % 200)}`;
    },
    addressOfCrowd() {
      crowds += 1;
      return `127.0.9.${crowds}`;
    },
  };
  async function restart(): Promise<void> {
    if (!(await platform.start())) throw new Error(`it does not start again: ${platform.output()}`);
    gone = new AbortController();
    notice();
  }
  return { scene, restart };
}

interface Kind {
  readonly attack: Attack;
  readonly cases: readonly Case[];
  /** Number and case, in the order in which they are made. */
  readonly chosen: readonly (readonly [number, Case])[];
}

function kindOf(attack: Attack, scene: Scene, { seed, short, caseNumber }: RunOptions): Kind {
  const cases = attack.cases(scene.world, { short, chance: chance(seed, attacks.indexOf(attack)) });
  const all = [...cases.entries()];
  return {
    attack,
    cases,
    chosen: caseNumber === undefined ? all : all.filter(([number]) => number === caseNumber),
  };
}

/** What is wrong with one case. */
async function problemsOf(one: Case, scene: Scene): Promise<readonly string[]> {
  let problems: readonly string[] = [];
  const run = one.run(scene).then(
    (found) => {
      problems = found;
    },
    (error: unknown) => {
      problems = [`it failed: ${reasonOf(error)}`];
    },
  );
  if (!(await happens(CASE_MS, run))) return [`it hangs for ${CASE_MS} ms`];
  return problems;
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

interface Attacked {
  readonly platform: MortalPlatform;
  /** What it had come to when it was served and nothing else was asked. */
  readonly restBytes: number;
  readonly life: Life;
  readonly polite: Polite;
  readonly options: RunOptions;
  readonly find: (where: string, problem: string) => void;
  /** Cases under way, named with how to repeat them. */
  readonly under: Map<number, string>;
}

/** Makes the cases of a kind. An end of the process is found, and the rest goes on in its next life. */
async function makeCases({ attack, chosen }: Kind, at: Attacked): Promise<void> {
  const { platform, life, polite, options, find, under } = at;
  const { scene } = life;
  const open = [...chosen];
  const named = (number: number, { name }: Case): string =>
    `${name} (npm run attack -- --seed ${options.seed}${options.short ? ' --short' : ''} --only ${attack.name} --case ${number})`;
  let ends = 0;

  async function lane(): Promise<void> {
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      const [number, one] = next;
      const name = named(number, one);
      under.set(number, name);
      const problems = await problemsOf(one, scene);
      // What a dying process did not answer is told by its end.
      await pause(problems.length > 0 ? NOTICED_MS : 0);
      if (scene.gone.aborted) return;
      for (const problem of new Set(problems)) find(name, problem);
      const peak = peakBytes(platform.pid ?? 0);
      if (peak > at.restBytes + mostMoreBytes(options.short))
        find(
          name,
          `its memory has come to too much: ${mebibytes(peak)}, of ${mebibytes(at.restBytes)} at rest`,
        );
      // Behind its last byte it may still be read.
      setTimeout(() => under.delete(number), NOTICED_MS);
    }
  }

  while (open.length > 0 && ends < MOST_ENDS) {
    under.clear();
    await Promise.all(Array.from({ length: ends === 0 ? attack.atOnce : 1 }, lane));
    await pause(NOTICED_MS);
    if (!scene.gone.aborted) continue;
    polite.blind();
    ends += 1;
    const last = platform.output().trim().split('\n').slice(-14).join('\n');
    find(
      [...under.values()].slice(0, 5).join('\n    '),
      `the process has ended${under.size > 1 ? ' while several were under way' : ''}: ${await platform.ended}\n${last}`,
    );
    // One by one from here on: the next end has one name.
    if (under.size > 1) open.unshift(...chosen.filter(([number]) => under.has(number)));
    await life.restart();
    polite.see();
  }
  if (open.length > 0) find(attack.name, `given up after ${ends} ends: ${open.length} cases are left`);
}

async function attackBy(kind: Kind, at: Attacked): Promise<Figures> {
  const { platform, polite, find } = at;
  const { name } = kind.attack;
  polite.longest();
  forgetPeak(platform.pid ?? 0);
  const begunAt = performance.now();
  const logged = platform.output().length;
  const { lives } = platform;
  await makeCases(kind, at);
  const peakMemoryBytes = peakBytes(platform.pid ?? 0);
  const waits = polite.longest();
  const lines = seriousLines(platform.output().slice(platform.lives === lives ? logged : 0));
  for (const line of new Set(lines.slice(0, 5))) find(name, `it has logged: ${line.slice(0, 600)}`);
  return {
    name,
    cases: kind.chosen.length,
    seconds: (performance.now() - begunAt) / 1_000,
    longestWaitMs: Math.max(...Object.values(waits)),
    peakMemoryBytes,
  };
}

/** Whether the platform lets go of connections that their clients never end. */
async function letsGo(pid: number, before: number, held: Held): Promise<readonly string[]> {
  const until = performance.now() + LET_GO_MS;
  let left = openFiles(pid) - before;
  while (left > SPARE_FILES && performance.now() < until) {
    await pause(100);
    left = openFiles(pid) - before;
  }
  return left > SPARE_FILES
    ? [
        `it still holds ${left} files more than before: ${held.count} connections are held open by those it has ended`,
      ]
    : [];
}

/** What is found, the same by one name: whatever differs from answer to answer stands behind a colon. */
function findings(say: (line: string) => void) {
  const found = new Map<string, { readonly first: string; times: number }>();
  return {
    find(where: string, problem: string): void {
      const name = problem.split(': ')[0] ?? problem;
      const known = found.get(name);
      if (known !== undefined) known.times += 1;
      else {
        const first = `${problem}\n    ${where}`;
        found.set(name, { first, times: 1 });
        say(`FINDING ${first}`);
      }
    },
    all: (): readonly string[] =>
      [...found.values()].map(({ first, times }) => `${times > 1 ? `${times} times: ` : ''}${first}`),
  };
}

async function attacked(
  platform: MortalPlatform,
  at: { readonly folder: string; readonly data: string; readonly options: RunOptions },
): Promise<Report> {
  const { folder, data, options } = at;
  const { say = () => undefined } = options;
  const found = findings(say);
  const { find } = found;
  const life = await sceneOf(platform, folder);
  const { scene } = life;
  const log = join(folder, 'acknowledgements.jsonl');
  const before = openFiles(platform.pid ?? 0);
  const under = new Map<number, string>();
  const polite = startPolite(platform.url, log, ({ what, ms }) => {
    if (ms > options.politeMs)
      find(
        [...under.values()].slice(0, 5).join('\n    ') || 'behind the last case',
        `a polite ${what} has waited too long: ${Math.round(ms)} ms`,
      );
  });
  await polite.served;
  const restBytes = peakBytes(platform.pid ?? 0);
  const held = await holdOpen(scene);
  const figures: Figures[] = [];
  for (const attack of attacks) {
    if (options.only?.includes(attack.name) === false) continue;
    const figure = await attackBy(kindOf(attack, scene, options), {
      ...{ platform, restBytes, life, polite, options, find, under },
    });
    figures.push(figure);
    say(lineOf(figure));
  }
  if (platform.lives === 1)
    for (const problem of await letsGo(platform.pid ?? 0, before, held)) find('held', problem);
  for (const problem of held.problems(scene)) find('held', problem);
  held.release();
  polite.rest();
  await scene.world.untilRest().catch((error: unknown) => find('rest', `it does not come to rest: ${error}`));
  await polite.end().catch((error: unknown) => find('polite', String(error)));
  for (const problem of await stopInOrder(scene, platform)) find('stop', problem);
  const { problems } = await judgedApart(data, log);
  for (const problem of problems) find('history', problem);
  return { findings: found.all(), figures, answered: polite.answered() };
}

export const lineOf = ({ name, cases, seconds, longestWaitMs, peakMemoryBytes }: Figures): string =>
  `${name.padEnd(10)} ${String(cases).padStart(6)} cases ${seconds.toFixed(1).padStart(7)} s, longest wait ${longestWaitMs.toFixed(0).padStart(6)} ms, peak memory ${(peakMemoryBytes / 2 ** 20).toFixed(0).padStart(5)} MiB`;
