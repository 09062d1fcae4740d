import { UnreadError } from './chains.ts';
import type { Move, Moves } from './moves.ts';
import { identityOf, type State } from './state.ts';
import { BrokenPromiseError } from './streams.ts';
import { Visited } from './visited.ts';

export interface Searched {
  readonly states: number;
  readonly transitions: number;
  /** Transitions that led to a state seen before. */
  readonly cut: number;
  /** States in which nothing has to happen any more. */
  readonly ends: number;
  /** The most moves that a state needs from the beginning, on the shortest way to it. */
  readonly deepest: number;
  /** The first promise that was found broken, on one of the shortest ways to where it is. */
  readonly found: { readonly problems: readonly string[]; readonly way: readonly Move[] } | undefined;
}

export interface SearchOptions {
  readonly first: State;
  readonly moves: Moves;
  /** What is wrong with a state; asked once for each. */
  readonly judge: (state: State) => readonly string[];
  /** What is wrong with a state in which nothing has to happen any more; `wayThere` goes the way to it again. */
  readonly judgeEnd: (state: State, wayThere: () => Promise<readonly Move[]>) => Promise<readonly string[]>;
  /** Of more states than this the search makes an error. */
  readonly mostStates: number;
}

/** Goes to every state that can be reached, level by level: what is found is found on a shortest way. */
export async function search(options: SearchOptions): Promise<Searched> {
  const run = new Search(options);
  await run.toTheEnd();
  return run.searched();
}

interface Entry {
  readonly state: State;
  /** Its number. */
  readonly at: number;
}

class Search {
  readonly #options: SearchOptions;
  readonly #visited = new Visited();
  #next: Entry[] = [];
  #transitions = 0;
  #ends = 0;
  #deepest = 0;
  #broken: { readonly problems: readonly string[]; readonly at: number } | undefined;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  async toTheEnd(): Promise<void> {
    const { moves, first } = this.#options;
    for (const { state } of await readingAhead(() => moves.settled(first))) this.#enter(state, -1, 0);
    for (let level = this.#next; level.length > 0 && this.#broken === undefined; level = this.#next) {
      this.#next = [];
      for (const entry of level) {
        await this.#leave(entry);
        if (this.#broken !== undefined) break;
      }
      if (this.#next.length > 0) this.#deepest += 1;
    }
  }

  async searched(): Promise<Searched> {
    const { size, cut } = this.#visited;
    const broken = this.#broken;
    const found = broken && { problems: broken.problems, way: await this.#wayTo(broken.at) };
    return {
      ...{ states: size, cut, transitions: this.#transitions, ends: this.#ends, deepest: this.#deepest },
      found,
    };
  }

  #enter(state: State, from: number, move: number): void {
    const at = this.#visited.add(identityOf(state), from, move);
    if (at === undefined) return;
    if (at >= this.#options.mostStates) throw new RangeError(`more than ${this.#options.mostStates} states`);
    this.#next.push({ state, at });
    const problems = this.#options.judge(state);
    if (problems.length > 0) this.#broken = { problems, at };
  }

  async #leave(entry: Entry): Promise<void> {
    let steps = this.#stepsFrom(entry);
    while (steps instanceof UnreadError) {
      await steps.read();
      steps = this.#stepsFrom(entry);
    }
    this.#transitions += steps.length;
    for (const [move, { to }] of steps.entries()) this.#enter(to, entry.at, move);
    if (this.#broken !== undefined || steps.some(({ kind }) => kind === 'due')) return;
    this.#ends += 1;
    const problems = await this.#options.judgeEnd(entry.state, () => this.#wayTo(entry.at));
    if (problems.length > 0) this.#broken = { problems, at: entry.at };
  }

  /** Unread: a walk has to be read first. What goes wrong in a step is found at the state that it leads from. */
  #stepsFrom({ state, at }: Entry): readonly Move[] | UnreadError {
    try {
      return this.#options.moves.of(state);
    } catch (error) {
      if (error instanceof UnreadError) return error;
      if (!(error instanceof BrokenPromiseError)) throw error;
      this.#broken = { problems: [error.message], at };
      return [];
    }
  }

  /** Goes to a state again, move by move. */
  async #wayTo(at: number): Promise<readonly Move[]> {
    const { moves, first } = this.#options;
    const [begin] = await readingAhead(() => moves.settled(first));
    if (begin === undefined) throw new RangeError('a search without a beginning');
    let { state } = begin;
    const say = () => `to begin with, ${begin.says.join('; ') || 'nothing'}`;
    const gone: Move[] = [{ kind: 'due', to: state, adds: begin.adds, say }];
    for (const number of this.#visited.wayTo(at)) {
      const from = state;
      const move = (await readingAhead(() => moves.of(from)))[number];
      if (move === undefined) throw new RangeError('a way that cannot be gone again');
      gone.push(move);
      state = move.to;
    }
    return gone;
  }
}

/** Runs what may meet a walk that is not read yet, until it has all it needs. */
async function readingAhead<T>(work: () => T): Promise<T> {
  for (;;)
    try {
      return work();
    } catch (error) {
      if (!(error instanceof UnreadError)) throw error;
      await error.read();
    }
}
