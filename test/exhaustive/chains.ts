import type { Envelope } from '#domain/kernel/envelope.ts';
import type { Line } from '#domain/kernel/line.ts';
import type { Reaction } from '#domain/kernel/reaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { type Chain, followChain, followReaction } from '#runtime/chain.ts';
import type { KeptLine } from '#runtime/kept-line.ts';
import { Interned } from './names.ts';
import type { Seen, Sight } from './sights.ts';
import type { Asked, Streams } from './streams.ts';

/** How a chain begins: with all reactions, as behind a commit, or with one stage of one reaction, as in the catch-up consumer. */
export type Way = 'all' | { readonly reaction: Reaction; readonly stage: 'on' | 'passed' };

/** Somebody who follows the chain of an event, and what has been answered on the way so far. */
export interface Walk {
  readonly id: number;
  readonly root: Sight;
  readonly way: Way;
  readonly answers: readonly Seen[];
  /** What is to be sent next; undefined at the end of the chain. */
  readonly next: Asked | undefined;
  /** In which line that stands, if it is sent in turn. */
  readonly line: Line | undefined;
  /** The walks behind the answers that were met here, by answer. */
  readonly behind: Map<number, Walk>;
}

/** A walk that has not been read yet: the search reads it and does the step again. */
export class UnreadError extends Error {
  readonly read: () => Promise<void>;
  constructor(read: () => Promise<void>) {
    super('a walk that has to be read first');
    this.name = 'UnreadError';
    this.read = read;
  }
}

export interface ChainsOptions {
  readonly streams: Streams;
  readonly registry: Registry;
  readonly reactions: readonly Reaction[];
  /** How the catch-up consumer follows an event. */
  readonly followReaction?: typeof followReaction;
}

const wayText = (way: Way): string => (way === 'all' ? 'all' : `${way.reaction.name} ${way.stage}`);

/**
 * Walks along chains, one command at a time. What is sent next is told by the kernel's own `followChain` and
 * `followReaction`: they are run from the root, given the answers so far, and stopped at the first command that has none.
 */
export class Chains {
  readonly #options: ChainsOptions;
  readonly #walks = new Interned<{ walk: Walk | undefined; readonly id: number }>();

  readonly #begun = new Map<Sight, Map<Way, Walk>>();

  constructor(options: ChainsOptions) {
    this.#options = options;
  }

  /** @throws Unread when this walk is met for the first time. */
  begin(root: Sight, way: Way): Walk {
    const ofRoot = this.#begun.get(root);
    const known = ofRoot?.get(way);
    if (known !== undefined) return known;
    const walk = this.#walk(root, way, []);
    if (ofRoot === undefined) this.#begun.set(root, new Map([[way, walk]]));
    else ofRoot.set(way, walk);
    return walk;
  }

  /** The walk behind the answer to its next command. @throws Unread */
  goOn({ root, way, answers, behind }: Walk, answer: Seen): Walk {
    const known = behind.get(answer.id);
    if (known !== undefined) return known;
    const walk = this.#walk(root, way, [...answers, answer]);
    behind.set(answer.id, walk);
    return walk;
  }

  #walk(root: Sight, way: Way, answers: readonly Seen[]): Walk {
    const text = `${root.id} ${wayText(way)} ${answers.map(({ id }) => id).join()}`;
    const entry = this.#walks.of(text, (id) => ({ id, walk: undefined }));
    if (entry.walk !== undefined) return entry.walk;
    throw new UnreadError(async () => {
      const { next, line } = await this.#nextOf(root, way, answers);
      const asked = next === undefined ? undefined : this.#options.streams.ask(next);
      entry.walk = { id: entry.id, root, way, answers, next: asked, line, behind: new Map() };
    });
  }

  async #nextOf(
    root: Sight,
    way: Way,
    answers: readonly Seen[],
  ): Promise<{ readonly next: Envelope | undefined; readonly line: Line | undefined }> {
    const { registry, reactions, followReaction: byNet = followReaction } = this.#options;
    let next: Envelope | undefined;
    let called: Line | undefined;
    let line: Line | undefined;
    let at = 0;
    const lines = reactions.flatMap((it) =>
      it.line === undefined ? [] : [callingAtOnce(it.line, (its) => (called = its))],
    );
    const following = {
      ...{ registry, reactions, lines, event: root.event },
      dispatch: async (envelope: Envelope) => {
        const answer = answers[at++];
        const inLine = called;
        called = undefined;
        if (answer !== undefined) return answer.reply;
        next = envelope;
        line = inLine;
        throw new Error('not answered yet');
      },
    };
    const chain: Chain = await (way === 'all' ? followChain(following) : byNet({ ...following, ...way }));
    if (chain.unanswered !== undefined && next === undefined)
      throw new TypeError(`${chain.unanswered.command} got no answer: ${chain.unanswered.why}`);
    return { next, line };
  }
}

/** Whose turn it is is the search's to know (senders.ts): here it is only told that a command is sent in turn. */
const callingAtOnce = (line: Line, called: (line: Line) => void): KeptLine => ({
  line,
  met: () => undefined,
  inTurn(_, follower) {
    called(line);
    return follower.handOver([]);
  },
  end: () => undefined,
});
