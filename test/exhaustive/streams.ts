import { isDeepStrictEqual } from 'node:util';
import { NotYet } from '#domain/kernel/deadline.ts';
import type { AnyDecider } from '#domain/kernel/decider.ts';
import type { Envelope, RecordedEvent } from '#domain/kernel/envelope.ts';
import { toPlain } from '#domain/kernel/plain.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { unreachable } from '#domain/kernel/unreachable.ts';
import { type Batch, decideBatch, type WaitingCommand } from '#write-side/pipeline/decide-batch.ts';
import { advance, emptyHead, type Head } from '#write-side/pipeline/head.ts';
import { type Intake, intake, type ReadyCommand } from '#write-side/pipeline/intake.ts';
import { pipelineLimits } from '#write-side/pipeline/limits.ts';
import type { Settled } from '#write-side/pipeline/queues.ts';
import { replyOf } from '#write-side/pipeline/reply.ts';
import { canonicalText, Interned, idByCause } from './names.ts';
import { courseSeen, type Seen, type Sights, textSeen } from './sights.ts';

/** A stream as one history or several equal ones have left it. */
export interface Stream {
  readonly id: number;
  readonly name: string;
  readonly head: Head;
  /** All of them, in order: those of the history that was met first. */
  readonly events: readonly RecordedEvent[];
  /** The last of them, which its last decision made. */
  readonly added: number;
  /** By the commands and the place. */
  readonly decided: Map<number | string, Decided>;
  /** Pairs of commands of which it is known whether one append for both is as good as two. */
  readonly apart: Map<number, boolean>;
}

/** A command that somebody may have decided, with what its precondition handed on. */
export interface Asked {
  readonly id: number;
  readonly ready: ReadyCommand;
  readonly precondition: unknown;
  /** When it is decided, where that counts. */
  readonly moment: string | undefined;
}

/** What a turn of a stream's queue came to. */
export interface Decided {
  readonly after: Stream;
  /** The new events, in order. */
  readonly events: readonly RecordedEvent[];
  /** In the order in which the commands were decided; those behind a barrier are missing. */
  readonly replies: readonly { readonly seen: Seen; readonly repeated: boolean }[];
  /** Every command was a repeat of one that is recorded: nothing has changed, and nothing ever will change the answer. */
  readonly remembered: boolean;
}

/** Where in the history a new event stands, as far as anybody compares it: before or behind the end of the lot. */
export type Place = 'before the end' | 'behind the end';

export interface StreamsOptions {
  readonly registry: Registry;
  readonly deciders: readonly AnyDecider[];
  readonly sights: Sights;
  /** Streams are equal only with equal histories; otherwise with equal states and equal answers to every repeat. */
  readonly byPlace: boolean;
  /** Of a stream; the pipeline's own limit by default. */
  readonly rememberedCommands?: number;
  /** Before and at the end of the lot. Only what is asked at one of them may depend on which it is. */
  readonly moments: readonly [string, string];
  /** When the store says that it has recorded something: at the end, when every timer has come. */
  readonly recordedAt: string;
  /** What is wrong with a stream's history, as sentences; told of each stream once. */
  readonly judge: (stream: Stream) => readonly string[];
}

/** What breaks a promise, as found at one place of the search. */
export class BrokenPromiseError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.name = 'BrokenPromiseError';
  }
}

/** Behind everything that was there before the search begins. */
const FIRST_PLACE = 1n << 60n;
/** Commands told apart; more would mix the names of pairs. */
const MOST_ASKED = 1_000_000;
const END_OF_LOT = FIRST_PLACE + 1n;

/**
 * Every stream that the search has met, and the decisions on it. Commands are read, decided and folded by the pipeline's
 * own functions (intake, decideBatch, advance, replyOf); here is only the append in between, which never fails. A
 * decision is a function of the stream and the commands, so that each is made once and then looked up.
 */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #read: Intake;
  readonly #streams = new Interned<Stream>();
  readonly #asked = new Interned<Asked>();
  /** How many events each stream had where the search begins. */
  /** By the key of a command, when it was decided, where that is behind both moments. */
  readonly #decidedAt = new Map<string, string>();
  readonly #given = new Map<string, number>();
  readonly broken = new Map<Stream, readonly string[]>();
  /** Decisions that were really made. */
  decisions = 0;
  /** What came of them, by stream: its new events without their ids and their order. */
  readonly courses = new Set<string>();

  constructor(options: StreamsOptions) {
    this.#options = options;
    this.#read = intake(options.registry, options.deciders);
  }

  get registry(): Registry {
    return this.#options.registry;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** A stream as the history before the search left it. */
  given(name: string, events: readonly RecordedEvent[]): Stream {
    const head = emptyHead(name, this.#deciderOf(name));
    advance(head, events, pipelineLimits);
    this.#given.set(name, events.length);
    return this.#stream(head, events, 0, `given ${name}`);
  }

  /** What a stream had come to when the lot closed: what is read to its end behind that is no older. */
  stateBehindTheEnd(stream: Stream): unknown {
    if (stream.events.every(({ position }) => position <= END_OF_LOT)) return stream.head.state;
    const head = emptyHead(stream.name, this.#deciderOf(stream.name));
    advance(
      head,
      stream.events.filter(({ position }) => position <= END_OF_LOT),
      pipelineLimits,
    );
    return head.state;
  }

  #deciderOf(name: string): AnyDecider {
    const category = name.slice(0, name.indexOf('-'));
    const decider = this.#options.deciders.find((it) => it.category === category);
    if (decider === undefined) throw new TypeError(`nobody decides ${name}`);
    return decider;
  }

  /** @throws Broken when nobody may send it or it cannot be read: here that is a mistake of whoever sends it. */
  ask(envelope: Envelope, precondition?: unknown, moment?: string): Asked {
    const { command, commandId, causationId, actor, data } = envelope;
    const name = canonicalText([command, actor.id, commandId, causationId ?? '', data, precondition, moment]);
    return this.#asked.of(name, (id) => {
      const ready = this.#read(envelope);
      if ('rejected' in ready) throw new BrokenPromiseError([`${command} was not taken: ${ready.code}`]);
      return { id, ready: { ...ready, decider: this.#steady(ready, moment) }, precondition, moment };
    });
  }

  /** Decides commands that wait for a stream in one go, in this order, as far as they fit into one append. */
  decide(stream: Stream, asked: readonly Asked[], place: Place): Decided {
    const [first] = asked;
    const behind = place === 'behind the end' ? 1 : 0;
    const name =
      asked.length === 1 && first !== undefined
        ? first.id * 2 + behind
        : `${asked.map(({ id }) => id).join()} ${behind}`;
    const known = stream.decided.get(name);
    if (known !== undefined) return known;
    const decided = this.#decide(stream, asked, place);
    stream.decided.set(name, decided);
    return decided;
  }

  /** Whether two commands decided in one go come to the same as one behind the other, each with its own append. */
  isAsApart(stream: Stream, one: Asked, other: Asked, place: Place): boolean {
    const name = (one.id * MOST_ASKED + other.id) * 2 + (place === 'behind the end' ? 1 : 0);
    const known = stream.apart.get(name);
    if (known !== undefined) return known;
    const together = this.decide(stream, [one, other], place);
    // Behind a barrier the second has to wait, and is decided when the first is recorded.
    const isAsApart = together.replies.length === 1 || this.#equals(together, stream, one, other, place);
    stream.apart.set(name, isAsApart);
    return isAsApart;
  }

  #equals(together: Decided, stream: Stream, one: Asked, other: Asked, place: Place): boolean {
    const first = this.decide(stream, [one], place);
    const second = this.decide(first.after, [other], place);
    const apart = [...first.replies, ...second.replies].map(({ seen }) => seen.id);
    return together.after === second.after && together.replies.every(({ seen }, at) => seen.id === apart[at]);
  }

  /** The answer to a repeat of a command that is recorded; undefined when it would be decided. */
  remembered(stream: Stream, asked: Asked): Seen | undefined {
    if (!stream.head.commands.has(asked.ready.key)) return undefined;
    const { remembered, replies } = this.decide(stream, [asked], 'before the end');
    return remembered ? replies[0]?.seen : undefined;
  }

  #decide(stream: Stream, asked: readonly Asked[], place: Place): Decided {
    this.decisions += 1;
    const { registry, sights, moments } = this.#options;
    const commands = asked.map((one) => ({
      ...one.ready,
      precondition: one.precondition,
      moment: one.moment,
    }));
    const deciding = {
      registry,
      limits: pipelineLimits,
      newId: () => 'by cause',
      clock: { now: () => moments[1] },
    };
    const batch = decideBatch(deciding, stream.head, commands);
    const events = this.#recorded(stream, batch, place);
    const replies = batch.decided.map(({ command, verdict }) => {
      const settled = settledBy(stream, verdict, events);
      return {
        seen: sights.reply(replyOf(registry, command.envelope, stream.name, settled)),
        repeated: settled.kind === 'recorded' && settled.repeated,
      };
    });
    const remembered = batch.decided.every(({ verdict }) => verdict.kind === 'remembered');
    if (events.length === 0) return { after: stream, events, replies, remembered };
    const head: Head = { ...stream.head, commands: stream.head.commands.copy() };
    const { rememberedCommands: rememberedCommandsPerStream } = this.#options;
    // Who forgets does not wait for a day.
    const forgets = rememberedCommandsPerStream !== undefined && {
      rememberedCommandsPerStream,
      keyLifeMs: 0,
    };
    advance(head, events, { ...pipelineLimits, ...forgets });
    const all = [...stream.events, ...events];
    const since = all.slice(this.#given.get(stream.name) ?? 0).map(courseSeen);
    this.courses.add(`${stream.name} ${since.sort().join(' ')}`);
    const after = this.#stream(head, all, events.length, this.#equalText(stream, head, all, events));
    return { after, events, replies, remembered };
  }

  /** The events of a batch as the store would give them back. */
  #recorded(
    stream: Stream,
    batch: Batch<WaitingCommand & Pick<Asked, 'moment'>>,
    place: Place,
  ): readonly RecordedEvent[] {
    const causes = batch.decided.flatMap(({ command: { key, moment }, verdict }) =>
      verdict.kind === 'events' && !verdict.repeated
        ? Array.from({ length: verdict.count }, (_, at) => ({
            moment: moment ?? this.#decidedAt.get(key),
            name: [stream.name, key, at],
          }))
        : [],
    );
    return batch.events.map(({ toAppend, data, metadata }, at) => {
      const { name = [], moment } = causes[at] ?? {};
      const eventId = idByCause(...name);
      const revision = stream.head.revision + 1 + at;
      const position = placeOf(toAppend.type, place);
      const { recordedAt } = this.#options;
      return {
        eventId,
        type: toAppend.type,
        stream: stream.name,
        revision,
        position,
        recordedAt,
        data,
        metadata: moment === undefined ? metadata : { ...metadata, occurredAt: moment },
      };
    });
  }

  /** What makes two histories of a stream one for whoever comes next. */
  #equalText(
    stream: Stream,
    { state, commands }: Head,
    all: readonly RecordedEvent[],
    added: readonly RecordedEvent[],
  ): string {
    if (this.#options.byPlace) return `${stream.id} ${added.map(textSeen).join()}`;
    // With what was asked: a bid that was passed over is refused alike wherever it was placed, but its command is not.
    const known = commands
      .all()
      .map(({ key, payload }) => `${key} ${payload}`)
      .sort()
      .join();
    return `${stream.name} ${canonicalText(toPlain(state))} ${known} ${all.map(textSeen).sort().join()}`;
  }

  #stream(head: Head, events: readonly RecordedEvent[], added: number, text: string): Stream {
    const { size } = this.#streams;
    const name = head.stream;
    const stream = this.#streams.of(text, (id) => ({
      id,
      name,
      head,
      events,
      added,
      decided: new Map(),
      apart: new Map(),
    }));
    if (this.#streams.size > size) {
      const problems = this.#options.judge(stream);
      if (problems.length > 0) this.broken.set(stream, problems);
    }
    return stream;
  }

  /**
   * The command's decider, with an id for the decision that its cause gives; and proof that the moment decides nothing but
   * what is asked at a moment, and that what comes before its time is no answer: it comes again, and is decided then.
   */
  #steady({ decider, command: { type }, key }: ReadyCommand, moment: string | undefined): AnyDecider {
    const branch = decider.decide[type];
    if (branch === undefined) throw new TypeError(`${decider.category} does not decide ${type}`);
    const { moments, recordedAt } = this.#options;
    const [early, late] = moments;
    const comesAgain = (decision: ReturnType<typeof branch>): boolean =>
      'rejected' in decision && decision.code === NotYet.code;
    const steady: typeof branch = (data, state, facts) => {
      const id = idByCause('decision', key);
      const at = (now: string) => branch(data, state, { ...facts, id, now });
      if (moment !== undefined) return at(moment);
      const inTime = at(late);
      // What is due behind both moments is decided at the end of this world.
      const decision = comesAgain(inTime) ? at(recordedAt) : inTime;
      if (decision !== inTime) this.#decidedAt.set(key, recordedAt);
      const before = at(early);
      if (!comesAgain(before) && !isDeepStrictEqual(decision, before))
        throw new BrokenPromiseError([`${type} is decided by the clock`]);
      return decision;
    };
    return { ...decider, decide: { ...decider.decide, [type]: steady } };
  }
}

function settledBy(
  stream: Stream,
  verdict: Batch<WaitingCommand>['decided'][number]['verdict'],
  events: readonly RecordedEvent[],
): Settled {
  switch (verdict.kind) {
    case 'events': {
      const own = events.slice(verdict.first, verdict.first + verdict.count);
      return { kind: 'recorded', events: own, repeated: verdict.repeated };
    }
    case 'remembered': {
      const { firstRevision, lastRevision } = verdict.command;
      return {
        kind: 'recorded',
        events: stream.events.slice(firstRevision, lastRevision + 1),
        repeated: true,
      };
    }
    case 'rejected':
      return { kind: 'rejected', rejection: verdict.rejection };
    case 'failed':
      throw new BrokenPromiseError([`a decision failed: ${verdict.error}`]);
    default:
      return unreachable(verdict);
  }
}

/**
 * A place that says what anybody ever asks of places: whether a bid came before the end of its lot, and that the hammer
 * falls behind it. Which of two bids came first is asked by the catch-up consumer alone, which has its own list of them.
 */
function placeOf(type: string, place: Place): bigint {
  if (type === 'LotClosing') return END_OF_LOT;
  // An auction that is scheduled and opened in the search: its sagas ask which came first.
  if (type === 'AuctionScheduled') return FIRST_PLACE - 2n;
  if (type === 'AuctionOpened') return FIRST_PLACE - 1n;
  return place === 'before the end' ? FIRST_PLACE : END_OF_LOT + 1n;
}
