import type { Standing } from './standing.ts';

/** Something that a provider of tokens remembers: a session, a grant, a code, a refresh token. All names are hashes, so that they let nobody in. */
export interface SignInRow {
  /** What it is. */
  readonly kind: string;
  /** Of its kind. */
  readonly id: string;
  /** What was let in by it falls together. */
  readonly grant?: string | undefined;
  readonly session?: string | undefined;
  readonly person?: string | undefined;
  /** Another name by which it is found. */
  readonly alias?: string | undefined;
  /** What it holds, which nobody can read without a key. */
  readonly sealed: string;
  /** In milliseconds of the epoch. */
  readonly endsAtMs: number;
}

export interface FoundSignInRow extends SignInRow {
  /** It was used, and may not be used again. */
  readonly isSpent: boolean;
}

/** One step, of which everything happens or nothing. */
export interface SignInStep {
  /** What is used by it, once. */
  readonly spend?: { readonly kind: string; readonly id: string } | undefined;
  /** What is there from then on. The first takes the place of what was used. */
  readonly put: readonly SignInRow[];
}

/** What is destroyed together. */
export type SignInsOf =
  | { readonly grant: string }
  | { readonly session: string }
  /** What is of no session: it falls with none. */
  | { readonly person: string; readonly kind: string };

/**
 * For how long what was used may be used once more, in milliseconds, where the process that took it has ended before its answer was out, and what
 * has taken its place was never used: whoever asked has got nothing, and would be locked out.
 */
export const REPEATED_WITHIN_MS = 60_000;

/**
 * Keeps what it is told before it answers, through an end of the process and of the machine. It has room for a bounded number of rows
 * of each kind: where that is over, those that end soonest are forgotten.
 *
 * @throws StoreError where it cannot be read or written
 */
export interface SignInStore {
  find(kind: string, id: string, nowMs: number): Promise<FoundSignInRow | undefined>;
  findByAlias(kind: string, alias: string, nowMs: number): Promise<FoundSignInRow | undefined>;
  /**
   * Of many that use the same at once one does. Whoever comes behind it takes nothing, and destroys all that was let in by the same grant.
   *
   * @returns `spent`: nothing of the step has happened
   */
  take(step: SignInStep, nowMs: number): Promise<'taken' | 'spent'>;
  /** Whoever asked has the answer: what was used for it is not used once more, whatever becomes of this process. */
  answered(spent: { readonly kind: string; readonly id: string }): Promise<void>;
  destroy(kind: string, id: string): Promise<void>;
  destroyAll(of: SignInsOf): Promise<void>;
  /** Forgets what has ended, a bounded number at a time; how many that were. */
  sweep(nowMs: number): Promise<number>;
  standing(): Standing;
  close(): Promise<void>;
}
