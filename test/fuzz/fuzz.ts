import { setTimeout as pause } from 'node:timers/promises';
import { registry } from '#compose/contexts.ts';
import { Overloaded } from '#domain/kernel/rejections.ts';
import { readToken } from '#domain/kernel/token.ts';
import { commandPaths } from '#write-side/rest/paths.ts';
import { type Inhabited, inhabit } from '../support/inhabited.ts';
import { caseOf, type FuzzCase, turnsOf } from './cases.ts';
import { type Fuzzed, startFuzzed } from './child.ts';
import { targets } from './documents.ts';
import { type Judge, restJudge } from './published.ts';
import { reckoning } from './reckoning.ts';
import { asCurl, client, type Send } from './send.ts';
import { shrunk } from './shrinking.ts';
import { type Verdict, verdictOn } from './verdict.ts';

// The platform in a process of its own, met by cases until they are all sent or too much has gone wrong.

export interface FuzzOptions {
  readonly cases: number;
  readonly seed: number;
  /** The first case, to send one or a few of them again. */
  readonly from?: number;
  /** Cases under way at once. */
  readonly atOnce?: number;
  /** How many further turns each of what no case has met may have: what has a turn is not met for certain. Default: none. */
  readonly furtherTurns?: number;
  /** A fault to plant, and the command behind which it stands. */
  readonly fault?: string;
  readonly behind?: string;
  /** The platform's process may not grow beyond this. */
  readonly mostMemoryBytes?: number;
  readonly say?: (line: string) => void;
}

export interface FuzzReport {
  readonly cases: number;
  /** Everything that is wrong, each with how to send it again; empty when nothing is. */
  readonly problems: readonly string[];
  /** Commands, and fields of the published schema, that no case has reached. */
  readonly unmet: readonly string[];
  readonly commands: { readonly sent: number; readonly accepted: number };
  /** GraphQL operations, and those of them that were carried out. */
  readonly operations: { readonly sent: number; readonly carriedOut: number };
  /** How often each code was the answer, the most frequent first. */
  readonly codes: Readonly<Record<string, number>>;
  /** How often each kind of case was refused because too much was waiting, before it was sent again. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Of the platform's process. */
  readonly memoryBytes: { readonly before: number; readonly after: number };
}

const AT_ONCE = 16;
/** How often a case is sent again that was refused because too much was waiting, with growing pauses. */
const MOST_REPEATS = 4;
const FIRST_PAUSE_MS = 50;
/** After so many there is enough to repair. */
const MOST_PROBLEMS = 20;
/** No input may make the platform grow beyond this, in bytes; caches that are full of streams stay far below. */
const MEMORY_BYTES = 1024 * 1024 * 1024;
const REPORT_EVERY = 5_000;

/** What has been met, counted as replies come in. */
class Tally {
  readonly commands = { sent: 0, accepted: 0 };
  readonly operations = { sent: 0, carriedOut: 0 };
  readonly codes = new Map<string, number>();
  /** How often each subject was refused because too much was waiting. */
  readonly refusals = new Map<string, number>();
  readonly #unmet = new Set([
    ...commandPaths(registry).flatMap(({ command }) => [
      `${command.type} by rest`,
      `${command.type} by graphql`,
    ]),
    ...targets.map(({ coordinate }) => coordinate),
  ]);

  count({ command, operation, sending }: FuzzCase, { told, carriedOut, codes }: Verdict): void {
    for (const code of codes) this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    if (command !== undefined) {
      this.commands.sent += 1;
      if (told === 'accepted') this.commands.accepted += 1;
    }
    if (operation !== undefined) this.operations.sent += 1;
    if (!carriedOut) return;
    if (command !== undefined)
      this.#unmet.delete(`${command.type} by ${sending.over === 'rest' ? 'rest' : 'graphql'}`);
    if (operation === undefined) return;
    this.operations.carriedOut += 1;
    for (const coordinate of operation.asks) this.#unmet.delete(coordinate);
  }

  unmet(): readonly string[] {
    return [...this.#unmet];
  }
}

/** One run against one platform. */
class Run {
  readonly problems: string[] = [];
  readonly tally = new Tally();
  readonly reckoning = reckoning();
  readonly #underWay = new Set<number>();
  readonly #platform: Fuzzed;
  readonly #world: Inhabited;
  readonly #send: Send;
  readonly #judge: Judge;
  readonly #options: FuzzOptions;

  constructor(platform: Fuzzed, world: Inhabited, send: Send, judge: Judge, options: FuzzOptions) {
    this.#platform = platform;
    this.#world = world;
    this.#send = send;
    this.#judge = judge;
    this.#options = options;
  }

  get #over(): boolean {
    return this.#platform.gone.aborted || this.problems.length >= MOST_PROBLEMS;
  }

  /** Resolves with the memory in bytes that the platform then takes; NaN when it has ended by itself. */
  async all(): Promise<number> {
    const { cases, from = 0, atOnce = AT_ONCE, furtherTurns = 0, say = () => undefined } = this.#options;
    let next = from;
    const workers = Array.from({ length: atOnce }, async () => {
      while (next < from + cases && !this.#over) {
        const number = next++;
        if (number > from && number % REPORT_EVERY === 0) say(`${number} cases`);
        await this.#one(number);
      }
    });
    await Promise.all(workers);
    for (const what of this.tally.unmet())
      for (const number of turnsOf(what, from + cases, furtherTurns))
        if (!this.#over && this.tally.unmet().includes(what)) await this.#one(number);
    // The last answer may have come before its process went.
    const memory = await this.#platform.memoryBytes().catch(async (error: unknown) => {
      if (!(await this.#platform.hasEnded())) throw error;
      return Number.NaN;
    });
    if (this.#platform.gone.aborted)
      this.problems.push(
        `${this.#platform.gone.reason} while cases ${[...this.#underWay].join(', ')} were under way`,
      );
    for (const line of this.#platform.errors()) this.problems.push(`it has logged: ${line}`);
    return memory;
  }

  async #judged(fuzzCase: FuzzCase): Promise<Verdict> {
    const authorization = fuzzCase.as && this.#world.sessions[fuzzCase.as].authorization;
    for (let repeats = 0; ; repeats++) {
      const verdict = verdictOn(fuzzCase, await this.#send(fuzzCase, authorization), this.#judge);
      this.reckoning.note(fuzzCase, verdict);
      if (!verdict.codes.includes(Overloaded.code) || repeats === MOST_REPEATS) return verdict;
      this.tally.refusals.set(fuzzCase.subject, (this.tally.refusals.get(fuzzCase.subject) ?? 0) + 1);
      await pause(FIRST_PAUSE_MS * 2 ** repeats);
    }
  }

  async #one(number: number): Promise<void> {
    const fuzzCase = caseOf(this.#options.seed, number, this.#world);
    this.#underWay.add(number);
    try {
      const verdict = await this.#judged(fuzzCase);
      this.tally.count(fuzzCase, verdict);
      if (verdict.problem !== undefined) await this.#complain(fuzzCase, verdict.problem);
      this.#underWay.delete(number);
    } catch (error) {
      // Whoever was cut off when the process ended is told of as one who may have been why.
      if (!(await this.#platform.hasEnded())) await this.#complain(fuzzCase, `no answer: ${error}`);
    }
  }

  async #complain(fuzzCase: FuzzCase, problem: string): Promise<void> {
    const { number, subject } = fuzzCase;
    const kind = problem.slice(0, 24);
    const smallest = await shrunk(fuzzCase, async (smaller) => {
      const verdict = await this.#judged(smaller).catch(() => undefined);
      return verdict?.problem?.startsWith(kind) === true;
    });
    this.problems.push(
      `seed ${this.#options.seed}, case ${number} (${subject}): ${problem}\n  ${asCurl(this.#world.url, smallest)}`,
    );
  }
}

const firstWord = (world: Inhabited): bigint => {
  const place = world.places.at(-1) ?? '';
  const [, epoch = ''] = /@(.*)$/.exec(Buffer.from(place, 'base64url').toString()) ?? [];
  return readToken(epoch, place);
};

/** Whether the platform still does for everybody what it is there for. */
async function servesProblem({ api, sessions }: Inhabited): Promise<string | undefined> {
  const answer = await api
    .command(sessions.sue, 'wallets/open-wallet', { currency: 'SEK' }, 'a good request at the end')
    .catch((error: unknown) => ({ outcome: 'lost', why: String(error) }) as const);
  return answer.outcome === 'accepted' ? undefined : `a good request at the end: ${answer.why}`;
}

/** Sends the cases of a seed to a platform of its own. Nothing is left behind. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const platform = await startFuzzed(options.fault, options.behind);
  const { send, close } = client(platform.url, options.atOnce ?? AT_ONCE);
  try {
    const world = await inhabit(platform.url, platform.gone);
    const before = await platform.memoryBytes();
    const run = new Run(platform, world, send, await restJudge(platform.url), options);
    const after = await run.all();
    if (!platform.gone.aborted) {
      if (after > (options.mostMemoryBytes ?? MEMORY_BYTES))
        run.problems.push(`its memory has come to ${after} bytes`);
      run.reckoning.noteNameless('sue');
      const problem = await servesProblem(world);
      if (problem !== undefined) run.problems.push(problem);
      options.say?.('all sent; waiting until everything has come to its end');
      await world
        .untilRest()
        .catch((error: unknown) => run.problems.push(`it does not come to rest: ${error}`));
      await platform.stop();
      const compared = await run.reckoning.compare(platform.folder, firstWord(world));
      run.problems.push(...compared.slice(0, MOST_PROBLEMS));
    }
    const { commands, operations, codes } = run.tally;
    return {
      cases: options.cases,
      problems: run.problems,
      unmet: run.tally.unmet(),
      commands,
      operations,
      codes: Object.fromEntries([...codes].sort(([, a], [, b]) => b - a)),
      refusals: Object.fromEntries(run.tally.refusals),
      memoryBytes: { before, after },
    };
  } finally {
    close();
    await platform.dispose();
  }
}
