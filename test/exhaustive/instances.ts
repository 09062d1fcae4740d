import { systemActor } from '#domain/kernel/actor.ts';
import type { Envelope, RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import type { Saga } from '#domain/kernel/saga.ts';
import { SagaStepped } from '#domain/workflows/saga/messages.ts';
import { unsettledBy } from '#runtime/chain.ts';
import {
  afterStep,
  type Input,
  type Instance,
  newInstance,
  nextRevision,
  referenceOf,
  stepFor,
  streamOf,
} from '#sagas/runtime/instance.ts';
import { nextTimer, type StepData } from '#sagas/runtime/outstanding.ts';
import { canonicalText, Interned, idByCause } from './names.ts';
import type { Seen, Sight } from './sights.ts';
import { type Asked, BrokenPromiseError, type Streams } from './streams.ts';

/** An instance of a saga as its stream tells it. */
export interface SagaInstance {
  readonly id: number;
  readonly saga: Saga;
  readonly instance: Instance;
  /** The step that led here; undefined where the search begins. */
  readonly step: RecordedEvent<'SagaStepped', StepData> | undefined;
  /** The command that has no recorded answer yet and is to be sent first. */
  readonly sends: { readonly asked: Asked; readonly purpose: string } | undefined;
  readonly timer: { readonly name: string; readonly at: string } | undefined;
  readonly taken: Map<string, SagaInstance | undefined>;
}

/** What an input is called where steps are looked up. */
function nameOf(input: Input, seen: number): string {
  if (input.kind === 'event') return `event ${seen}`;
  return input.kind === 'timer' ? `timer ${input.name} ${input.at}` : `answer ${input.commandId} ${seen}`;
}

/**
 * Every instance that the search has met. Steps are made by the runtime's own pure functions (stepFor, afterStep); here
 * is only the append in between, and the envelope that the outbox makes of what is pending.
 */
export class SagaInstances {
  readonly #registry: Registry;
  readonly #streams: Streams;
  readonly #moment: string;
  readonly #known = new Interned<SagaInstance>();

  constructor(options: { readonly registry: Registry; readonly streams: Streams; readonly moment: string }) {
    this.#registry = options.registry;
    this.#streams = options.streams;
    this.#moment = options.moment;
  }

  /** As the history before the search left it. `seen` gives the position of the last event it looked at. */
  given(
    saga: Saga,
    id: string,
    steps: readonly RecordedEvent[],
    positionOf: (eventId: string) => bigint,
  ): SagaInstance {
    let instance = newInstance(saga.name, id);
    for (const { revision, eventId, metadata, data } of steps as readonly RecordedEvent<string, StepData>[]) {
      const { correlationId } = metadata;
      const after = afterStep(instance, { revision, eventId, correlationId, data });
      instance = { ...after, seen: { event: data.seen, position: positionOf(data.seen.eventId) } };
    }
    return this.#instance(saga, instance, undefined, `given ${instance.stream}`);
  }

  takeEvent(at: SagaInstance, sight: Sight): SagaInstance | undefined {
    return this.#take(at, { kind: 'event', event: sight.event }, sight.id);
  }

  takeTimer(at: SagaInstance): SagaInstance | undefined {
    return at.timer && this.#take(at, { kind: 'timer', ...at.timer }, 0);
  }

  /** What the outbox does with the reply to the command it sent. */
  takeAnswer(at: SagaInstance, { id, reply }: Seen): SagaInstance | undefined {
    if (at.sends === undefined) throw new TypeError('nothing was sent');
    const { commandId } = at.sends.asked.ready.envelope;
    const unsettled = unsettledBy(reply);
    if (unsettled !== undefined) throw new TypeError(`${commandId} got no answer: ${unsettled}`);
    const events = reply.events.map(({ type, data }) => ({ type, data }));
    const answer =
      reply.outcome === 'rejected'
        ? { outcome: 'rejected' as const, rejection: reply.rejection, events }
        : { outcome: 'accepted' as const, events };
    return this.#take(at, { kind: 'answer', commandId, purpose: at.sends.purpose, answer }, id);
  }

  #take(at: SagaInstance, input: Input, seen: number): SagaInstance | undefined {
    const name = nameOf(input, seen);
    if (!at.taken.has(name)) at.taken.set(name, this.#step(at, input, name));
    return at.taken.get(name);
  }

  #step({ id, saga, instance }: SagaInstance, input: Input, name: string): SagaInstance | undefined {
    const facts = { now: this.#moment, registry: this.#registry };
    const data = stepFor(saga, instance, input, facts);
    if (data === undefined) return undefined;
    const step = this.#recorded(instance, input, data);
    const { eventId, revision, metadata } = step;
    const stepped = afterStep(instance, { revision, eventId, correlationId: metadata.correlationId, data });
    const after =
      input.kind === 'event'
        ? { ...stepped, seen: { event: referenceOf(input.event), position: input.event.position } }
        : stepped;
    // Told twice (a redelivery, a second alarm, a late answer), it has to mean nothing the second time.
    if (stepFor(saga, after, input, facts) !== undefined)
      throw new BrokenPromiseError([`${instance.stream} takes ${name} a second time`]);
    return this.#instance(saga, after, step, `${id} ${canonicalText(data)}`);
  }

  #recorded(instance: Instance, input: Input, data: StepData): RecordedEvent<'SagaStepped', StepData> {
    const revision = nextRevision(instance);
    const { id, roles } = systemActor(data.saga);
    // Encoded as the runtime does before it appends: what the schema refuses must be found here, too.
    this.#registry.encode(SagaStepped(data));
    const correlationId =
      instance.correlationId ?? (input.kind === 'event' ? input.event.metadata.correlationId : '');
    const causationId =
      input.kind === 'event'
        ? input.event.eventId
        : input.kind === 'answer'
          ? input.commandId
          : (instance.lastStepId ?? '');
    return {
      ...{
        type: 'SagaStepped',
        stream: instance.stream,
        revision,
        data,
        position: 0n,
        recordedAt: this.#moment,
      },
      eventId: idByCause(instance.stream, revision, canonicalText(data)),
      metadata: {
        ...{ version: SagaStepped.version, occurredAt: this.#moment, actor: id, roles, command: 'StepSaga' },
        ...{ commandId: `${instance.stream}/${revision}`, payload: canonicalText(data).slice(0, 64) },
        ...{ correlationId, causationId, origin: { channel: input.kind === 'timer' ? 'timer' : 'saga' } },
      },
    };
  }

  #instance(saga: Saga, instance: Instance, step: SagaInstance['step'], text: string): SagaInstance {
    return this.#known.of(text, (id) => ({
      ...{ id, saga, instance, step, taken: new Map() },
      sends: this.#sendsOf(saga, instance),
      timer: nextTimer(instance.outstanding),
    }));
  }

  #sendsOf(saga: Saga, { outstanding, sends, correlationId }: Instance): SagaInstance['sends'] {
    const [first] = outstanding.pending;
    const send = first === undefined ? undefined : sends.get(first);
    if (send === undefined) return undefined;
    const envelope: Envelope = {
      command: send.command,
      data: send.data,
      commandId: send.commandId,
      actor: systemActor(saga.name),
      ...(correlationId === undefined ? {} : { correlationId }),
      causationId: send.causationId,
      origin: { channel: send.channel },
    };
    return { asked: this.#streams.ask(envelope), purpose: send.purpose };
  }
}

export const instanceStream = (saga: Saga, id: string): string => streamOf(saga.name, id);
