import type { Argon2Work } from '#domain/kernel/ports/password-hashing.ts';

/** What the thread is started with. */
export interface WorkerStart {
  /** As the operating system counts: 0 as everybody, 19 behind all others. */
  readonly niceness: number;
}

export type ToWorker = Argon2Work;
/** One answer to one work, in order. */
export type FromWorker = { readonly tag: Uint8Array } | { readonly problem: string };
