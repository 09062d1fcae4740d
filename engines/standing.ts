import type { Instant } from '#domain/kernel/instant.ts';
import type { Standing } from '#domain/kernel/ports/standing.ts';

/** Of what an engine says, in characters: health is one line for each. */
const MESSAGE_CHARACTERS = 500;

/** What an engine may fail at while it does the other: a disk that may only be read, a user who may not write. */
type Side = 'reads' | 'writes';

/** How an engine is doing, as its adapter sees it. */
export interface Watched {
  /** It does what it is asked; without a side: whatever that is. */
  answered(side?: Side): void;
  /** The engine is at fault, not whoever has asked. */
  failed(error: unknown, side: Side): void;
  standing(): Standing;
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  return cause instanceof Error && !message.includes(cause.message)
    ? `${message}: ${cause.message}`
    : message;
}

/**
 * @param address of the engine, without secrets; every error that is told begins with it
 * @param now the machine's time
 */
export function watched(address: string, now: () => Instant): Watched {
  const failing = { reads: false, writes: false };
  let errors = 0;
  let lastError: Standing['lastError'];
  return {
    answered(side) {
      if (side !== 'writes') failing.reads = false;
      if (side !== 'reads') failing.writes = false;
    },
    failed(error, side) {
      failing[side] = true;
      errors += 1;
      const text = textOf(error).replaceAll(/\s+/g, ' ').slice(0, MESSAGE_CHARACTERS);
      lastError = { message: text.startsWith(address) ? text : `${address}: ${text}`, at: now() };
    },
    standing: () => ({
      address,
      state: failing.reads || failing.writes ? 'down' : 'up',
      errors,
      ...(lastError && { lastError }),
    }),
  };
}

/** Tells of each answer how the engine is doing, where every failure of an answer is the engine's. */
export const watchedBy =
  ({ answered, failed }: Watched) =>
  async <T>(side: Side, answer: Promise<T>): Promise<T> => {
    try {
      const told = await answer;
      answered(side);
      return told;
    } catch (error) {
      failed(error, side);
      throw error;
    }
  };

/** Of an engine that is part of this process: it answers for as long as that does. */
export const alwaysUp = (address: string) => (): Standing => ({ address, state: 'up', errors: 0 });
