import type { Instant } from '../instant.ts';
import type { Identity, TokenNames } from './tokens.ts';

/** How long a token may hold, whoever issues it, in milliseconds: what is revoked is remembered for as long. */
export const LONGEST_TOKEN_MS = 24 * 60 * 60_000;

/**
 * What is not taken any more: one token, all of a session, all that came of what somebody has let a system do in one, all that a person was issued before, of that what is stepped up by their
 * password alone, all that a system was given, whomever it stands for, or all that a key of ours had signed before.
 */
export type Revoked =
  | { readonly token: string }
  | { readonly session: string }
  | { readonly grant: string }
  | { readonly person: string }
  | { readonly passwordOf: string }
  | { readonly client: string }
  | { readonly key: string };

/**
 * Tokens that are not taken although their time has not come. Kept by this process alone, and for as long as it runs: whoever
 * revokes has it recorded, tells every process of it, and tells it again what still holds when it starts.
 */
export interface Revocations {
  /**
   * From now on.
   * @param until when the last of these tokens ends by itself, and need not be remembered any more
   * @param by of a person or a key, what was issued before: up to the second of `since` (now unless told), or, by a token that tells what was read
   *   for it ({@link TokenNames.asOf}), in ignorance of the event of their stream with this revision
   *
   * Where too much is revoked to be remembered, all that was issued up to this second is.
   */
  revoke(what: Revoked, until: Instant, by?: { readonly since?: Instant; readonly revision?: number }): void;
  isRevoked(identity: Pick<Identity, 'actor' | 'token'>): boolean;
  /** Calls back when this token is revoked, at once where it is already; the result ends the watch. */
  watch(identity: Pick<Identity, 'actor' | 'token'>, revoked: () => void): () => void;
}
