import { isPasswordAlone } from '../../kernel/ports/tokens.ts';

/** By what somebody may come in besides the password, as the account or whoever reads it has it. */
interface SecondFactors {
  readonly totp: object | undefined;
  readonly passkeys: readonly unknown[];
}

/** Whether a sign-in asks for more than the password. Recovery codes stand for another factor, and are none. */
export const hasSecondFactor = ({ totp, passkeys }: SecondFactors): boolean =>
  totp !== undefined || passkeys.length > 0;

/**
 * Whether somebody has proven by these who they are, as their account wants it now: a password alone is no proof where there is another
 * factor, also one that has come since.
 *
 * @param methods as `amr` has them; undefined: nothing is known to have been added to a password
 */
export const isProof = (methods: readonly string[] | undefined, factors: SecondFactors): boolean =>
  !(hasSecondFactor(factors) && isPasswordAlone(methods));
