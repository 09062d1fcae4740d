import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { FoldedAt } from '#domain/kernel/decider.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { NewEvent, Rejection } from '#domain/kernel/message.ts';
import { sealed } from '#domain/kernel/personal.ts';
import { type EventToAppend, storeLimits } from '#domain/kernel/ports/event-store.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';
import { KeyDestroyedError } from '#domain/kernel/ports/person-keys.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Erased, IdempotencyMismatch, TooManyKeys } from '#domain/kernel/rejections.ts';
import type { Head } from './head.ts';
import type { ReadyCommand } from './intake.ts';
import type { PipelineLimits } from './limits.ts';
import { metadataOf } from './metadata.ts';
import type { KeyLimits, RememberedCommand } from './remembered-commands.ts';
import type { SeenKeys } from './seen-keys.ts';

/** A command that waits for its stream. `precondition` is what its workflow's precondition handed on. */
export interface WaitingCommand extends ReadyCommand {
  readonly precondition: unknown;
}

/** A decided event on its way to the store: as it is appended, and as it will be read. */
export interface PendingEvent {
  readonly toAppend: EventToAppend;
  readonly data: object;
  readonly metadata: RecordedEvent['metadata'];
}

/** What a decision came to, if the batch becomes durable. */
export type Verdict =
  /** Events of the batch, from `first` (an index). No events: nothing to do. */
  | { readonly kind: 'events'; readonly first: number; readonly count: number; readonly repeated: boolean }
  /** Decided before, and durable. */
  | { readonly kind: 'remembered'; readonly command: RememberedCommand }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  /** A mistake in the code: this command cannot be decided. */
  | { readonly kind: 'failed'; readonly error: unknown };

export interface Batch<C extends WaitingCommand> {
  /** What is appended, all of it or nothing. */
  readonly events: readonly PendingEvent[];
  readonly decided: readonly { readonly command: C; readonly verdict: Verdict }[];
  /** What did not fit, or came behind a barrier; to be decided once this is durable. */
  readonly left: readonly C[];
}

interface Deciding {
  readonly registry: Registry;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
  /** Where else keys were used; without it nobody looks. */
  readonly seen?: Pick<SeenKeys, 'use' | 'isElsewhere'>;
  readonly limits: Pick<PipelineLimits, 'decisionsPerBatch' | 'eventsPerAppend' | 'appendBytes'> & KeyLimits;
}

interface Decision {
  readonly events: readonly PendingEvent[];
  readonly state: unknown;
  readonly bytes: number;
  readonly barrier: boolean;
}

const byteLength = (value: JsonObject): number => Buffer.byteLength(JSON.stringify(value));

/** Brings what was decided to its stored form, and folds it as it will be read: what a fold sees is what a replay sees. */
function pend(
  { registry, newId, limits }: Deciding,
  command: WaitingCommand,
  now: string,
  before: unknown,
  decided: readonly NewEvent[],
): Decision {
  const { decider, envelope } = command;
  const at: FoldedAt = { position: undefined, occurredAt: now, actor: envelope.actor.id };
  let state = before;
  let bytes = 0;
  const events = decided.map((event): PendingEvent => {
    const declared = decider.events.find(({ type }) => type === event.type);
    if (declared === undefined) throw new TypeError(`${decider.category} does not declare ${event.type}`);
    const eventId = newId();
    const place = { stream: command.stream, eventId };
    const metadata = metadataOf(command, { version: declared.version, occurredAt: now, place });
    const { json, data } = registry.seal(sealed(declared, event, place, command.keys), metadata);
    const stored = metadata as unknown as JsonObject;
    const size = byteLength(json) + byteLength(stored);
    if (size > storeLimits.eventBytes) throw new RangeError(`a ${event.type} of ${size} bytes`);
    bytes += size;
    state = decider.evolve(state, { type: event.type, data }, at);
    return { toAppend: { eventId, type: event.type, data: json, metadata: stored }, data, metadata };
  });
  if (events.length > limits.eventsPerAppend || bytes > limits.appendBytes) {
    throw new RangeError(
      `${command.command.type} decided ${events.length} events of ${bytes} bytes: too many`,
    );
  }
  const barrier = decided.some(({ type }) => decider.barriers.includes(type));
  return { events, state, bytes, barrier };
}

const isRejection = (decision: readonly NewEvent[] | Rejection): decision is Rejection =>
  !Array.isArray(decision);

const isFromOutside = ({ envelope: { actor } }: WaitingCommand): boolean => !actor.roles.includes('system');

/** A batch that is being decided on a head. */
interface Draft<C extends WaitingCommand> {
  readonly head: Head;
  readonly events: PendingEvent[];
  readonly decided: { readonly command: C; readonly verdict: Verdict }[];
  /** Its own commands by key: a repeat of one waits for the same append. */
  readonly here: Map<string, { readonly payload: string; readonly first: number; readonly count: number }>;
  state: unknown;
  bytes: number;
}

function repeatOf<C extends WaitingCommand>(
  { seen }: Deciding,
  { head, here }: Draft<C>,
  { key, payload, envelope }: C,
): Verdict | undefined {
  const known = here.get(key) ?? head.commands.get(key);
  const mismatch = (): Verdict => ({
    kind: 'rejected',
    rejection: IdempotencyMismatch({ commandId: envelope.commandId }),
  });
  // What the stream remembers comes first: a repeat stays one, whatever else its key was used for.
  if (known === undefined) return seen?.isElsewhere(key, head.stream) === true ? mismatch() : undefined;
  if (known.payload !== payload) return mismatch();
  return 'count' in known
    ? { kind: 'events', first: known.first, count: known.count, repeated: true }
    : { kind: 'remembered', command: known };
}

/** Why a key is not taken: one that is taken has to be remembered. */
function noRoomFor<C extends WaitingCommand>(
  { clock, limits }: Deciding,
  { head, here, decided }: Draft<C>,
  command: C,
): Rejection | undefined {
  const { id } = command.envelope.actor;
  // Most have nowhere near as many, which is seen without counting those of the batch or asking for the time.
  if (head.commands.ofPerson(id) + here.size < limits.keysPerPerson || !isFromOutside(command))
    return undefined;
  const own = decided.filter(
    ({ command, verdict }) =>
      verdict.kind === 'events' && !verdict.repeated && verdict.count > 0 && command.envelope.actor.id === id,
  );
  const retryAfterMs = head.commands.waitMs(id, own.length, millisecondsOf(clock.now()), limits);
  return retryAfterMs > 0 ? TooManyKeys({ limit: limits.keysPerPerson, retryAfterMs }) : undefined;
}

function decide<C extends WaitingCommand>(
  deciding: Deciding,
  draft: Draft<C>,
  command: C,
): Decision | Rejection {
  const noRoom = noRoomFor(deciding, draft, command);
  if (noRoom !== undefined) return noRoom;
  const { type } = command.command;
  const branch = command.decider.decide[type];
  if (branch === undefined) throw new TypeError(`${command.decider.category} does not decide ${type}`);
  const now = deciding.clock.now();
  const { precondition, envelope } = command;
  const facts = { now, actor: envelope.actor, id: deciding.newId(), precondition };
  const answer = branch(command.data, draft.state, facts);
  if (!isRejection(answer)) return pend(deciding, command, now, draft.state, answer);
  if (!command.command.rejections.some(({ code }) => code === answer.code)) {
    throw new TypeError(`${type} does not declare the rejection ${answer.code}`);
  }
  return answer;
}

/** False when there is no room for it any more. */
function take<C extends WaitingCommand>(
  { limits, seen }: Deciding,
  draft: Draft<C>,
  command: C,
  decision: Decision,
): boolean {
  const first = draft.events.length;
  const count = decision.events.length;
  if (first + count > limits.eventsPerAppend) return false;
  if (draft.bytes + decision.bytes > limits.appendBytes) return false;
  draft.events.push(...decision.events);
  draft.state = decision.state;
  draft.bytes += decision.bytes;
  if (count > 0) {
    draft.here.set(command.key, { payload: command.payload, first, count });
    if (isFromOutside(command)) seen?.use(command.key, command.stream);
  }
  draft.decided.push({ command, verdict: { kind: 'events', first, count, repeated: false } });
  return true;
}

/** Whoever was erased while their command waited is told so. */
const verdictOn = (error: unknown): Verdict =>
  error instanceof KeyDestroyedError
    ? { kind: 'rejected', rejection: Erased({}) }
    : { kind: 'failed', error };

/**
 * Decides commands in their order, each on the state the ones before it lead to, as long as their events fit into one
 * append. Pure but for the facts it takes and the keys it says are used: nothing here counts until the batch is durable.
 */
export function decideBatch<C extends WaitingCommand>(
  deciding: Deciding,
  head: Head,
  commands: readonly C[],
): Batch<C> {
  const draft: Draft<C> = {
    head,
    events: [],
    decided: [],
    here: new Map(),
    state: head.state,
    bytes: 0,
  };
  const { events, decided } = draft;
  for (const [index, command] of commands.entries()) {
    if (index >= deciding.limits.decisionsPerBatch) return { events, decided, left: commands.slice(index) };
    const repeat = repeatOf(deciding, draft, command);
    if (repeat !== undefined) {
      decided.push({ command, verdict: repeat });
      continue;
    }
    try {
      const decision = decide(deciding, draft, command);
      if ('rejected' in decision)
        decided.push({ command, verdict: { kind: 'rejected', rejection: decision } });
      else if (!take(deciding, draft, command, decision))
        return { events, decided, left: commands.slice(index) };
      else if (decision.barrier) return { events, decided, left: commands.slice(index + 1) };
    } catch (error) {
      decided.push({ command, verdict: verdictOn(error) });
    }
  }
  return { events, decided, left: [] };
}
