import { later } from '#domain/kernel/instant.ts';
import { saga } from '#domain/kernel/saga.ts';
import { START } from './saga-runtime.ts';
import { Ask, Asked, Nudged } from './transfers.ts';

// A transfer that several tests ask for, and a saga that does nothing but wait for its time.

export const HOUR_MS = 3_600_000;
export const OVERDUE = later(START, HOUR_MS);
export const wanted = (amount: bigint) =>
  Ask({ transfer: 't1', from: 'ann', to: 'bob', amount, overdueAt: OVERDUE });

/** Waits for its timer with nothing on its way. */
export const waiting = saga({
  name: 'waiting',
  version: 1,
  initial: { asked: 0, overdue: 0 },
  on: (when) => [
    when(Asked, (state, { data }) => ({
      state: { ...state, asked: state.asked + 1 },
      timers: [{ name: 'overdue', at: data.overdueAt }],
    })),
    when(Nudged, (state) => (state.overdue > 0 ? { state, done: true } : { state, cancels: ['overdue'] })),
  ],
  id: ({ data }) => data.transfer,
  timers: { overdue: (state) => ({ state: { ...state, overdue: state.overdue + 1 } }) },
});
export const WAITING = 'saga-waiting-t1';
