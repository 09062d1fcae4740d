import type { Step } from '#domain/kernel/saga.ts';

/** What waited for its time is over before it: the time is not waited for any more. */
export const over = <State>(state: State | null): Step<State | null, never, 'expiry'> | undefined =>
  state === null ? undefined : { state, cancels: ['expiry'], done: true };
