import { BEGINNING } from '#domain/kernel/envelope.ts';
import type { ConsumerStatus } from '#domain/kernel/ports/consumer.ts';

/** A consumer that waits for something before it can begin, and why. */
export const notBegun = (name: string, problem: string | undefined): ConsumerStatus => ({
  ...{ name, state: 'waiting-for-lease', position: BEGINNING, parkedKeys: 0, handled: 0, held: [] },
  problem,
});
