import { isProof } from '#domain/accounts/account/second-factor.ts';
import { STEPPED_UP } from '#domain/kernel/ports/tokens.ts';
import type { KnownAccount } from '../known.ts';
import { lifetimes } from './surroundings.ts';

/** What something was given for says when and how somebody has proven who they are. */
export interface Proof {
  readonly acr?: string | undefined;
  readonly amr?: readonly string[] | undefined;
  /** Seconds since 1970. */
  readonly authTime?: number | undefined;
}

/**
 * Whether somebody has proven just before that it is they, as their account wants it now.
 *
 * @param account undefined: there is none
 */
export const isSteppedUp = (
  { acr, amr, authTime = 0 }: Proof,
  account: Pick<KnownAccount, 'totp' | 'passkeys'> | undefined,
  nowMs: number,
): boolean =>
  account !== undefined &&
  acr === STEPPED_UP &&
  nowMs / 1_000 - authTime < lifetimes.steppedUp &&
  isProof(amr, account);
