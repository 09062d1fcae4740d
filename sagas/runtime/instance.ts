import type { Position, RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Instant } from '#domain/kernel/instant.ts';
import { type Intent, intentId } from '#domain/kernel/intent.ts';
import { fromPlain, toPlain } from '#domain/kernel/plain.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import type { Answer, Saga, Step } from '#domain/kernel/saga.ts';
import { unreachable } from '#domain/kernel/unreachable.ts';
import type { EventReference, Send } from '#domain/workflows/saga/messages.ts';
import { nothingOutstanding, type Outstanding, outstandingAfter, type StepData } from './outstanding.ts';

/** What an instance answers to. */
export type Input =
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  | {
      readonly kind: 'answer';
      readonly commandId: string;
      readonly purpose: string;
      readonly answer: Answer;
    }
  | { readonly kind: 'timer'; readonly name: string; readonly at: Instant };

/** A command on its way, with the step that asked for it. */
export interface PendingSend extends Send {
  readonly causationId: string;
  readonly channel: 'saga' | 'timer';
}

/** An instance as its stream tells it. */
export interface Instance {
  readonly saga: string;
  readonly id: string;
  readonly stream: string;
  readonly revision: number | 'none';
  /** As it was recorded; undefined before the first step. */
  readonly recorded: { readonly version: number; readonly state: StepData['state'] } | undefined;
  readonly outstanding: Outstanding;
  readonly sends: ReadonlyMap<string, PendingSend>;
  /** The last event looked at, and where it stands: nothing at or before it is an input again. */
  readonly seen: { readonly event: EventReference; readonly position: Position } | undefined;
  readonly lastStepId: string | undefined;
  readonly correlationId: string | undefined;
}

/** A step that has been recorded, or has just been appended. */
export interface TakenStep {
  readonly revision: number;
  readonly eventId: string;
  readonly correlationId: string;
  readonly data: StepData;
}

const PREFIX = 'saga-';
export const streamOf = (saga: string, id: string): string => `${PREFIX}${saga}-${id}`;

export const newInstance = (saga: string, id: string): Instance => ({
  saga,
  id,
  stream: streamOf(saga, id),
  revision: 'none',
  recorded: undefined,
  outstanding: nothingOutstanding,
  sends: new Map(),
  seen: undefined,
  lastStepId: undefined,
  correlationId: undefined,
});

/** Pure: the instance after a step. `seen` is left to whoever knows positions. */
export function afterStep(
  instance: Instance,
  { revision, eventId, correlationId, data }: TakenStep,
): Instance {
  const outstanding = outstandingAfter(instance.outstanding, data);
  const channel = data.input.kind === 'timer' ? 'timer' : 'saga';
  const known = new Map(instance.sends);
  for (const send of data.sends) known.set(send.commandId, { ...send, causationId: eventId, channel });
  return {
    ...instance,
    revision,
    recorded: { version: data.sagaVersion, state: data.state },
    outstanding,
    sends: new Map([...known].filter(([commandId]) => outstanding.pending.includes(commandId))),
    lastStepId: eventId,
    correlationId: instance.correlationId ?? correlationId,
  };
}

/** Whether an input is one that the instance has not taken yet and still waits for. */
export function isNew({ outstanding, seen }: Instance, input: Input): boolean {
  if (input.kind === 'answer') return outstanding.pending.includes(input.commandId);
  if (outstanding.done) return false;
  if (input.kind === 'timer') return outstanding.timers[input.name] === input.at;
  return seen === undefined || input.event.position > seen.position;
}

function stateOf(saga: Saga, { recorded, stream }: Instance): unknown {
  if (recorded === undefined) return saga.initial;
  if (recorded.version !== saga.version)
    throw new TypeError(
      `${stream} has a state of version ${recorded.version}, this code has ${saga.version}`,
    );
  return fromPlain(recorded.state);
}

function react(saga: Saga, instance: Instance, input: Input, now: Instant): Step<unknown> | undefined {
  const state = stateOf(saga, instance);
  switch (input.kind) {
    case 'event':
      return saga.onEvent(state, input.event);
    case 'timer':
      return saga.onTimer(state, input.name, now) ?? { state };
    case 'answer':
      // An answer is recorded even if it means nothing any more: otherwise its command would be sent again.
      return (
        (instance.outstanding.done ? undefined : saga.onAnswer(state, input.purpose, input.answer, now)) ?? {
          state,
        }
      );
    default:
      return unreachable(input);
  }
}

function recordedInput(input: Input): StepData['input'] {
  switch (input.kind) {
    case 'event':
      return { kind: 'event', event: referenceOf(input.event) };
    case 'timer':
      return { kind: 'timer', name: input.name, at: input.at };
    case 'answer': {
      const { commandId, purpose, answer } = input;
      const code = answer.outcome === 'rejected' ? { code: answer.rejection.code } : {};
      return { kind: 'answer', commandId, purpose, outcome: answer.outcome, ...code };
    }
    default:
      return unreachable(input);
  }
}

export const referenceOf = ({ eventId, type, stream, revision }: RecordedEvent): EventReference => ({
  eventId,
  type,
  stream,
  revision,
});

export const nextRevision = ({ revision }: Instance): number => (revision === 'none' ? 0 : revision + 1);

function sendsOf(
  saga: Saga,
  instance: Instance,
  intents: readonly Intent[],
  registry: Pick<Registry, 'encodeCommand'>,
): Send[] {
  const trigger = { stream: instance.stream, revision: nextRevision(instance) };
  const sends = intents.map((intent) => ({
    purpose: intent.purpose ?? '',
    command: intent.command.command,
    commandId: intentId(saga.name, trigger, intent),
    data: registry.encodeCommand(intent.command) as Send['data'],
  }));
  const ids = new Set(sends.map(({ commandId }) => commandId));
  if (ids.size < sends.length)
    throw new TypeError(`one step of ${instance.stream} sends the same command twice for the same purpose`);
  return sends;
}

/**
 * Pure: what is to be recorded for an input; undefined when it means nothing to the instance.
 * @throws whatever the saga throws, or the schema of a command it sends.
 */
export function stepFor(
  saga: Saga,
  instance: Instance,
  input: Input,
  { now, registry }: { readonly now: Instant; readonly registry: Pick<Registry, 'encodeCommand'> },
): StepData | undefined {
  if (!isNew(instance, input)) return undefined;
  const step = react(saga, instance, input, now);
  const seen = input.kind === 'event' ? referenceOf(input.event) : instance.seen?.event;
  if (step === undefined || seen === undefined) return undefined;
  return {
    saga: saga.name,
    instance: instance.id,
    sagaVersion: saga.version,
    input: recordedInput(input),
    seen,
    state: toPlain(step.state) as StepData['state'],
    sends: sendsOf(saga, instance, step.sends ?? [], registry),
    timers: [...(step.timers ?? [])],
    cancels: [...(step.cancels ?? [])],
    done: instance.outstanding.done || step.done === true,
  };
}
