import { systemActor } from '#domain/kernel/actor.ts';
import { hashOf, type JsonObject } from '#domain/kernel/canonical.ts';
import { BEGINNING, type Metadata, type Position, type RecordedEvent } from '#domain/kernel/envelope.ts';
import { type EventStore, StoreError } from '#domain/kernel/ports/event-store.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import type { Saga } from '#domain/kernel/saga.ts';
import { type EventReference, SagaStepped } from '#domain/workflows/saga/messages.ts';
import { reasonOf } from '#runtime/reason.ts';
import {
  afterStep,
  type Input,
  type Instance,
  newInstance,
  nextRevision,
  referenceOf,
  stepFor,
  streamOf,
} from './instance.ts';
import { NotNowError } from './lanes.ts';
import { sagaLimits } from './limits.ts';
import type { StepData } from './outstanding.ts';

export interface InstancesOptions {
  readonly store: Pick<EventStore, 'append' | 'readStream'>;
  readonly registry: Registry;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
}

type SteppedEvent = RecordedEvent<'SagaStepped', StepData>;

/** What the store says "not now" to is tried again; an event that it can never take is the saga's own failure. */
async function atStore<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StoreError && (error.code === 'invalid_event' || error.code === 'unknown_outcome'))
      throw error;
    throw new NotNowError(reasonOf(error));
  }
}

/** The instances of all sagas: read from their streams, kept while in use, changed by one input at a time. */
export class Instances {
  readonly #options: InstancesOptions;
  /** In the order of use, the longest unused first. */
  readonly #kept = new Map<string, Instance>();
  /** The last work on each stream that has any. */
  readonly #turns = new Map<string, Promise<unknown>>();

  #recordedThrough: Position = BEGINNING;

  constructor(options: InstancesOptions) {
    this.#options = options;
  }

  /** The furthest step this process has recorded. */
  get recordedThrough(): Position {
    return this.#recordedThrough;
  }

  /** @throws NotNowError when the store does not answer. */
  look(saga: string, id: string): Promise<Instance> {
    return this.#inTurn(streamOf(saga, id), () => this.#load(saga, id));
  }

  /**
   * Another process may have recorded steps up to this revision: what is kept from before them is read again when it is
   * next needed. Without a revision, whatever is kept.
   */
  forget(stream: string, revision = Number.POSITIVE_INFINITY): Promise<void> {
    // In turn, so that no reading from before it keeps its outcome behind it.
    return this.#inTurn(stream, async () => {
      const known = this.#kept.get(stream);
      if (known !== undefined && nextRevision(known) <= revision) this.#kept.delete(stream);
    });
  }

  /**
   * Records what an input comes to: all of it in one append. An input that was taken before changes nothing.
   * @throws NotNowError when the store does not answer or others write too often; whatever the saga throws.
   */
  take(saga: Saga, id: string, input: Input): Promise<'stepped' | 'ignored'> {
    const stream = streamOf(saga.name, id);
    return this.#inTurn(stream, async () => {
      for (let tries = 0; tries < sagaLimits.tries; tries++) {
        const instance = await this.#load(saga.name, id);
        const { clock, registry } = this.#options;
        const data = stepFor(saga, instance, input, { now: clock.now(), registry });
        if (data === undefined) {
          this.#keep(seenBy(instance, input));
          return 'ignored';
        }
        if (await this.#record(instance, input, data)) return 'stepped';
      }
      throw new NotNowError(`${stream} is written to by others all the time`);
    });
  }

  /** False: the stream is not as it was taken for, or may not be; read it and think again. */
  async #record(instance: Instance, input: Input, data: StepData): Promise<boolean> {
    const { store, registry, newId } = this.#options;
    const eventId = newId();
    const metadata = this.#metadataOf(instance, input, data);
    const stored = {
      eventId,
      type: SagaStepped.type,
      data: registry.encode(SagaStepped(data)),
      metadata: metadata as unknown as JsonObject,
    };
    // Whatever happens now, what is kept may be out of date until the answer is there.
    this.#kept.delete(instance.stream);
    try {
      const result = await atStore(store.append(instance.stream, instance.revision, [stored]));
      if (result.status === 'conflict') return false;
      if (result.position > this.#recordedThrough) this.#recordedThrough = result.position;
      // Perhaps an id was made twice and the engine took our step for a repeat of another's: the stream tells.
      if (result.recordedAt === undefined) return false;
    } catch (error) {
      if (error instanceof StoreError && error.code === 'unknown_outcome') return false;
      throw error;
    }
    const { correlationId } = metadata;
    const after = afterStep(instance, { revision: nextRevision(instance), eventId, correlationId, data });
    this.#keep(seenBy(after, input));
    return true;
  }

  #metadataOf(instance: Instance, input: Input, data: StepData): Metadata {
    const { registry, clock } = this.#options;
    const actor = systemActor(data.saga);
    const revision = nextRevision(instance);
    const correlationId =
      instance.correlationId ??
      (input.kind === 'event' ? input.event.metadata.correlationId : instance.stream.slice(0, 64));
    return {
      version: SagaStepped.version,
      occurredAt: clock.now(),
      actor: actor.id,
      roles: actor.roles,
      command: 'StepSaga',
      // A step is not sent by anybody: its own place stands for the id of a command.
      commandId: hashOf([instance.stream, revision]),
      payload: hashOf(registry.encode(SagaStepped(data))),
      correlationId,
      causationId: causeOf(instance, input),
      origin: { channel: input.kind === 'timer' ? 'timer' : 'saga' },
    };
  }

  async #load(saga: string, id: string): Promise<Instance> {
    const stream = streamOf(saga, id);
    const known = this.#kept.get(stream);
    if (known !== undefined) {
      this.#keep(known);
      return known;
    }
    let instance = newInstance(saga, id);
    let seen: EventReference | undefined;
    for (let from = 0; ; from += sagaLimits.pageEvents) {
      const page = await atStore(
        this.#options.store.readStream(stream, { from, limit: sagaLimits.pageEvents }),
      );
      for (const stored of page) {
        const { revision, eventId, data, metadata } = this.#options.registry.decode(stored) as SteppedEvent;
        instance = afterStep(instance, { revision, eventId, data, correlationId: metadata.correlationId });
        seen = data.seen;
      }
      if (page.length < sagaLimits.pageEvents) break;
    }
    if (seen !== undefined)
      instance = { ...instance, seen: { event: seen, position: await this.#positionOf(seen) } };
    this.#keep(instance);
    return instance;
  }

  /** Events contain no positions; an event's own place in its stream tells where it stands in the history. */
  async #positionOf({ stream, revision }: EventReference): Promise<Position> {
    const [event] = await atStore(this.#options.store.readStream(stream, { from: revision, limit: 1 }));
    return event?.position ?? BEGINNING;
  }

  #keep(instance: Instance): void {
    this.#kept.delete(instance.stream);
    this.#kept.set(instance.stream, instance);
    const [longestUnused] = this.#kept.keys();
    if (this.#kept.size > sagaLimits.instances && longestUnused !== undefined)
      this.#kept.delete(longestUnused);
  }

  async #inTurn<T>(stream: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(stream);
    const turn = (before ?? Promise.resolve()).then(work, work);
    this.#turns.set(stream, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(stream) === turn) this.#turns.delete(stream);
    }
  }
}

function causeOf(instance: Instance, input: Input): string {
  if (input.kind === 'event') return input.event.eventId;
  if (input.kind === 'answer') return input.commandId;
  return instance.lastStepId ?? instance.stream.slice(0, 64);
}

/**
 * An event that was looked at stays looked at, also if it meant nothing; the next step of this process says so in the
 * history. Between the two it is known in memory alone, and by the consumer's checkpoint. So one thing is left open: an
 * event that was ignored, then a restart, then a step by an answer or a timer, then the loss of the read store. All
 * events are met again then, and this one is looked at in the newer state. A saga must not mind: what it ignores in one
 * state it ignores in every later one, or it answers with a step that changes nothing, which the history keeps.
 */
function seenBy(instance: Instance, input: Input): Instance {
  if (input.kind !== 'event' || instance.revision === 'none') return instance;
  const { event } = input;
  if (instance.seen !== undefined && event.position <= instance.seen.position) return instance;
  return { ...instance, seen: { event: referenceOf(event), position: event.position } };
}
