import { PasswordRefused } from '#domain/accounts/door/messages.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { passwordProblem } from '../../identity/passwords/policy.ts';
import type { DoorParts } from './parts.ts';

/** A password that somebody wants, as it may be recorded. */
export interface Chosen {
  readonly verifier: string;
  /** It counts only beside a second factor. */
  readonly short: boolean;
}

/** @throws RejectedError where no verifier can be made now */
export async function chosen(
  { blocklist, passwords }: Pick<DoorParts, 'blocklist' | 'passwords'>,
  wanted: { readonly password: string; readonly email: string; readonly withSecondFactor: boolean },
): Promise<Chosen | Rejection> {
  const { password, email, withSecondFactor } = wanted;
  const choice = { password, about: [email] };
  const problem = passwordProblem({ ...choice, withSecondFactor }, blocklist);
  if (problem !== undefined) return PasswordRefused(problem);
  const alone = passwordProblem({ ...choice, withSecondFactor: false }, blocklist);
  return { verifier: await passwords.verifier(password), short: alone?.problem === 'too_short' };
}
