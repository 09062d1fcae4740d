import { systemActor } from '#domain/kernel/actor.ts';
import { NotYet } from '#domain/kernel/deadline.ts';
import type { Dispatch, Envelope, RecordedEvent, Reply } from '#domain/kernel/envelope.ts';
import { type Intent, intentId } from '#domain/kernel/intent.ts';
import type { Reaction, Trail } from '#domain/kernel/reaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Forbidden, Internal, Invalid, NewerVersion, NotFound } from '#domain/kernel/rejections.ts';
import type { Follower, HandedOver, KeptLine } from './kept-line.ts';
import { reasonOf } from './reason.ts';

/** Beyond these a chain is a loop of reactions that feed each other, and following it ends with {@link ChainTooLongError}. */
export const chainLimits = {
  /** Commands between the event a chain begins with and its furthest event. */
  depth: 16,
  /** Commands of one chain, all branches together. */
  commands: 1_000,
} as const;

export class ChainTooLongError extends Error {
  constructor(event: RecordedEvent, limit: keyof typeof chainLimits) {
    super(`the chain of ${event.stream}/${event.revision} exceeds ${chainLimits[limit]} (${limit})`);
    this.name = 'ChainTooLongError';
  }
}

/** A command that got no answer: whether it was decided is open, so it has to be sent again under the same id. */
export interface Unanswered {
  /** The command itself is at fault: sent again it comes to the same, until the code or the state is mended. */
  readonly hopeless?: true;
  readonly command: string;
  readonly commandId: string;
  /** The code of the rejection, with its details where it is hopeless; `pending`; or the message of what `dispatch` threw. */
  readonly why: string;
}

/** What following an event came to. */
export interface Chain {
  /** Every event met, in the order of meeting; the one it began with is not among them. */
  readonly events: readonly RecordedEvent[];
  /** Where the chain stopped short. `undefined`: it was followed to its end. */
  readonly unanswered: Unanswered | undefined;
}

/** What following needs. Commands go out as the channel `reaction`: whoever decides them leaves their events to us. */
export interface Following {
  readonly dispatch: Dispatch;
  readonly registry: Pick<Registry, 'encodeCommand'>;
  readonly reactions: readonly Reaction[];
  /** Of the lines of the reactions; whoever's line is not among them is always next. */
  readonly lines?: readonly KeptLine[] | undefined;
  /** As {@link Follower.queues}: so `dispatch` takes its commands. */
  readonly queues?: boolean;
  /** Called with each event as it is met, for a caller that answers before the chain has ended. */
  readonly met?: (event: RecordedEvent) => void;
}

/** Rejections that speak of the moment or the connection and not of the command: nothing was decided by them. */
const noAnswers: ReadonlySet<string> = new Set([
  'overloaded',
  'unavailable',
  'contended',
  Internal.code,
  'unauthenticated',
  NewerVersion.code,
  NotYet.code,
]);

/** Rejections of a command that no stream has decided, for what it is itself: a stream's own noes are others. */
const hopeless: ReadonlySet<string> = new Set([Internal.code, Invalid.code, Forbidden.code, NotFound.code]);

/** Why a reply does not settle its command, which then is asked for again under the same id. `undefined`: it does. */
export function unsettledBy(reply: Reply): string | undefined {
  if (reply.outcome === 'pending') return 'pending';
  if (reply.outcome === 'accepted') return undefined;
  return noAnswers.has(reply.rejection.code) ? reply.rejection.code : undefined;
}

/** Long enough to find it in the log, or in the schema. */
const REASON_LENGTH = 500;

/**
 * Why nobody can decide or store the command as it is, so that the same comes of it however often it is sent. `undefined`: somebody can.
 * For whoever sends what reactions and sagas have made: it must neither stop others nor pass for an answer.
 */
export function hopelessBy(reply: Reply): string | undefined {
  if (reply.outcome !== 'rejected' || !hopeless.has(reply.rejection.code)) return undefined;
  const { code, details } = reply.rejection;
  return `${code} ${JSON.stringify(details)}`.slice(0, REASON_LENGTH);
}

interface Answer {
  readonly events: readonly RecordedEvent[];
  readonly unanswered: Unanswered | undefined;
}

/** What `dispatch` throws is one more way of not being answered. */
async function ask(dispatch: Dispatch, envelope: Envelope): Promise<Answer> {
  const { command, commandId } = envelope;
  const unanswered = (why: string): Unanswered => ({ command, commandId, why });
  try {
    const reply = await dispatch(envelope);
    const { events } = reply;
    const hopeless = hopelessBy(reply);
    if (hopeless !== undefined) return { events, unanswered: { ...unanswered(hopeless), hopeless: true } };
    const why = unsettledBy(reply);
    return { events, unanswered: why === undefined ? undefined : unanswered(why) };
  } catch (error) {
    return { events: [], unanswered: unanswered(reasonOf(error)) };
  }
}

/** How a command of a reaction goes out. */
export function envelopeOf(
  { registry }: Pick<Following, 'registry'>,
  reaction: Reaction,
  event: RecordedEvent,
  intent: Intent,
): Envelope {
  return {
    command: intent.command.command,
    data: registry.encodeCommand(intent.command),
    commandId: intentId(reaction.name, event, intent),
    actor: systemActor(reaction.name),
    correlationId: event.metadata.correlationId,
    causationId: event.eventId,
    origin: { channel: 'reaction' },
  };
}

/**
 * Asks one after the other. Where commands keep their order in the queue of their stream that is done in one go; else each
 * waits for the answer to the one before, and behind one without an answer none is sent.
 */
async function askAll(
  { dispatch, queues }: Following,
  envelopes: readonly Envelope[],
): Promise<readonly Answer[]> {
  if (queues === true) return Promise.all(envelopes.map((one) => ask(dispatch, one)));
  const answers: Answer[] = [];
  for (const envelope of envelopes) {
    const answer = await ask(dispatch, envelope);
    answers.push(answer);
    if (answer.unanswered !== undefined) break;
  }
  return answers;
}

/** Whoever asks in the turn of a chain: those before it that are waited for no longer are passed over first. */
function followerOf(
  following: Following,
  reaction: Reaction,
  { line }: KeptLine,
  envelope: Envelope,
): Follower<Answer & HandedOver> {
  const { queues = false, dispatch, registry, reactions, lines } = following;
  return {
    queues,
    async handOver(late) {
      const passing = late.map((one) => envelopeOf(following, reaction, one, line.passOver(one)));
      const answers = await askAll(following, [...passing, envelope]);
      const unanswered = answers.find((answer) => answer.unanswered !== undefined)?.unanswered;
      return { settled: unanswered === undefined, events: answers.at(-1)?.events ?? [], unanswered };
    },
    seeTo(absent) {
      // What comes of it is met in the history; what goes wrong is met again by the catch-up consumer.
      followChain({ dispatch, registry, reactions, lines, queues, event: absent }).catch(() => undefined);
    },
  };
}

async function askInTurn(
  following: Following,
  reaction: Reaction,
  root: RecordedEvent,
  envelope: Envelope,
): Promise<Answer> {
  const kept = following.lines?.find(({ line }) => line === reaction.line);
  if (kept === undefined) return ask(following.dispatch, envelope);
  try {
    return await kept.inTurn(root, followerOf(following, reaction, kept, envelope));
  } catch (error) {
    const why = reasonOf(error);
    return { events: [], unanswered: { command: envelope.command, commandId: envelope.commandId, why } };
  }
}

/** Sends what a reaction wants for the last event of the trail. */
function askFor(following: Following, reaction: Reaction, trail: Trail, intent: Intent): Promise<Answer> {
  const envelope = envelopeOf(following, reaction, trail.at(-1) ?? trail[0], intent);
  return intent.inTurn
    ? askInTurn(following, reaction, trail[0], envelope)
    : ask(following.dispatch, envelope);
}

/** What an event makes reactions want to send, in order. */
type Wanted = readonly { readonly reaction: Reaction; readonly intent: Intent }[];

const wants = (reaction: Reaction, intents: readonly Intent[]): Wanted =>
  intents.map((intent) => ({ reaction, intent }));

const wantedOf = (reactions: readonly Reaction[], event: RecordedEvent, trail: Trail): Wanted =>
  reactions.flatMap((reaction) => wants(reaction, reaction.on(event, trail)));

async function follow(following: Following, begin: RecordedEvent, first: Wanted): Promise<Chain> {
  const events: RecordedEvent[] = [];
  let commands = 0;

  // Depth first and one after the other: the order is the same each time, and what stands behind an unanswered
  // command is never sent before it.
  async function send(trail: Trail, wanted: Wanted): Promise<Unanswered | undefined> {
    for (const { reaction, intent } of wanted) {
      commands += 1;
      if (trail.length > chainLimits.depth) throw new ChainTooLongError(begin, 'depth');
      if (commands > chainLimits.commands) throw new ChainTooLongError(begin, 'commands');
      const answer = await askFor(following, reaction, trail, intent);
      // A refusal has events too, and so may a reply that is not final: they are in the history and count.
      for (const next of answer.events) {
        events.push(next);
        following.met?.(next);
        const further: Trail = [...trail, next];
        const short = await send(further, wantedOf(following.reactions, next, further));
        if (short !== undefined) return short;
      }
      if (answer.unanswered !== undefined) return answer.unanswered;
    }
    return undefined;
  }

  const unanswered = await send([begin], first);
  return { events, unanswered };
}

/**
 * Follows a recorded event through every reaction: sends what they want, meets the events of each reply, and so on to
 * the end. Done twice it changes nothing, because every command has an id derived from its trigger.
 * @throws ChainTooLongError, and whatever a reaction or the schema of its command throws.
 */
export const followChain = (following: Following & { readonly event: RecordedEvent }): Promise<Chain> =>
  follow(following, following.event, wantedOf(following.reactions, following.event, [following.event]));

/**
 * As {@link followChain}, but begins with one stage of one reaction: what the catch-up consumer does in the lane of a key.
 * Behind the first step all reactions take part.
 */
export function followReaction(
  following: Following & {
    readonly event: RecordedEvent;
    readonly reaction: Reaction;
    readonly stage: 'on' | 'passed';
  },
): Promise<Chain> {
  const { event, reaction, stage } = following;
  const intents = stage === 'on' ? reaction.on(event, [event]) : reaction.passed(event);
  return follow(following, event, wants(reaction, intents));
}
