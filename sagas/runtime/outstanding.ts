import type { Instant } from '#domain/kernel/instant.ts';
import type { DataOf } from '#domain/kernel/message.ts';
import type { SagaStepped } from '#domain/workflows/saga/messages.ts';

export type StepData = DataOf<(typeof SagaStepped)['schema']['shape']>;

/** What an instance still has to do or waits for. */
export interface Outstanding {
  /** Ids of the commands that have no recorded answer yet, in the order they are to be sent. */
  readonly pending: readonly string[];
  readonly timers: Readonly<Record<string, Instant>>;
  readonly done: boolean;
}

export const nothingOutstanding: Outstanding = { pending: [], timers: {}, done: false };

/** Nothing to send and nothing to wait for, for ever: the instance need not be found again. */
export const isFinished = ({ pending, done }: Outstanding): boolean => done && pending.length === 0;

function timersAfter(before: Outstanding['timers'], step: StepData): Outstanding['timers'] {
  if (step.done) return {};
  const gone = new Set([...step.cancels, ...(step.input.kind === 'timer' ? [step.input.name] : [])]);
  const kept = Object.entries(before).filter(([name]) => !gone.has(name));
  return Object.fromEntries([...kept, ...step.timers.map(({ name, at }) => [name, at] as const)]);
}

/** Pure: what is outstanding after a step. */
export function outstandingAfter(before: Outstanding, step: StepData): Outstanding {
  const { input } = step;
  const answered = input.kind === 'answer' ? input.commandId : undefined;
  return {
    pending: [
      ...before.pending.filter((commandId) => commandId !== answered),
      ...step.sends.map(({ commandId }) => commandId),
    ],
    timers: timersAfter(before.timers, step),
    done: before.done || step.done,
  };
}

/** The timer that is due first. */
export function nextTimer({ timers }: Outstanding): { name: string; at: Instant } | undefined {
  const [first] = Object.entries(timers)
    .map(([name, at]) => ({ name, at }))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.name < b.name ? -1 : 1));
  return first;
}
