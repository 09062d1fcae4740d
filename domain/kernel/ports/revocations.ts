import type { Instant } from '../instant.ts';
import type { Identity } from './tokens.ts';

/** What is not taken any more: one token, all of a session, or all that a person was issued up to this second. */
export type Revoked = { readonly token: string } | { readonly session: string } | { readonly person: string };

/**
 * Tokens that are not taken although their time has not come. Kept by this process alone, and for as long as it runs: whoever
 * revokes has it recorded, tells every process of it, and tells it again what still holds when it starts.
 */
export interface Revocations {
  /**
   * From now on.
   * @param until when the last of these tokens ends by itself, and need not be remembered any more
   * @param since of a person, what they were issued up to this second; now unless told
   *
   * Where too much is revoked to be remembered, all that was issued up to this second is.
   */
  revoke(what: Revoked, until: Instant, since?: Instant): void;
  isRevoked(identity: Pick<Identity, 'actor' | 'token'>): boolean;
  /** Calls back when this token is revoked, at once where it is already; the result ends the watch. */
  watch(identity: Pick<Identity, 'actor' | 'token'>, revoked: () => void): () => void;
}
