import type { Position } from '#domain/kernel/envelope.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { pause } from '#runtime/pause.ts';

/** A part's place among those who could run it: when it is to be asked for, and when it is to be handed on. */
export interface Place {
  /** Whether its lease is to be asked for now. */
  isOurs(): boolean;
  /** Whether another runs it, as far as was last seen, where it is not ours. */
  isAnothers(): boolean;
  /** Resolves when it may have changed whether it is ours, and how far another owner has come; at once when the signal aborts. */
  change(signal: AbortSignal): Promise<void>;
  /** How far whoever runs it has come; undefined: nobody ever has. */
  checkpoint(): Promise<Position | undefined>;
  /** The lease is had. */
  taken(): void;
  /** It is held no more. */
  givenUp(): void;
  /** Calls back when the part is another's to run, until the result is called. */
  whenWanted(handOn: () => void): () => void;
  /** Why nobody can tell whose it is. */
  problem(): string | undefined;
  /** It is not run here any more. */
  leave(): void;
}

/** Whoever comes first keeps it; everybody else asks again and again. */
export const ownPlace = (options: {
  readonly part: string;
  readonly consumers: Pick<ConsumerStore, 'checkpoint'>;
  readonly clock: Clock;
  /** Between two questions, in milliseconds. */
  readonly askMs: number;
}): Place => ({
  isOurs: () => true,
  // It is asked for whenever it is free.
  isAnothers: () => true,
  change: (signal) => pause(options.clock, options.askMs, signal),
  checkpoint: () => options.consumers.checkpoint(options.part),
  taken: () => undefined,
  givenUp: () => undefined,
  whenWanted: () => () => undefined,
  problem: () => undefined,
  leave: () => undefined,
});
