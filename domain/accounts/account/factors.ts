import type { Instant } from '../../kernel/instant.ts';
import type { CommandData, EventOf } from '../../kernel/message.ts';
import { type PersonalText, sealedFor } from '../../kernel/personal.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import {
  type AddPasskey,
  type ConfirmTotp,
  type FactorsReset,
  FactorUnknown,
  FactorUsed,
  type MakeRecoveryCodes,
  PasskeyAdded,
  PasskeyRemoved,
  PasskeyUsed,
  RecoveryCodesMade,
  RecoveryCodeUsed,
  type RemovePasskey,
  TooManyPasskeys,
  TotpConfirmed,
  type TotpEnrolled,
  TotpRemoved,
  TotpUsed,
  type UsePasskey,
  type UseRecoveryCode,
  type UseTotp,
} from './messages.ts';
import { hasSecondFactor } from './second-factor.ts';

// Second factors: what the door has checked is recorded before it says yes, so that nothing is taken twice.

/** Of one person. */
export const MOST_PASSKEYS = 10;

interface Passkey {
  readonly passkey: string;
  readonly credential: PersonalText;
  readonly counter: number;
  readonly addedAt: Instant;
}

export interface Factors {
  /** `last` is the step of the last code that was taken. */
  readonly totp: { readonly secret: PersonalText; readonly last: number } | undefined;
  /** The secret of an app of which no code has come yet: it does not count, and the one of before does. */
  readonly pending: PersonalText | undefined;
  readonly passkeys: readonly Passkey[];
  readonly recovery:
    | { readonly codes: PersonalText; readonly count: number; readonly used: readonly number[] }
    | undefined;
}
export const noFactors: Factors = { totp: undefined, pending: undefined, passkeys: [], recovery: undefined };

export type FactorEvent = EventOf<
  | typeof TotpEnrolled
  | typeof TotpConfirmed
  | typeof TotpUsed
  | typeof TotpRemoved
  | typeof PasskeyAdded
  | typeof PasskeyUsed
  | typeof PasskeyRemoved
  | typeof RecoveryCodesMade
  | typeof RecoveryCodeUsed
  | typeof FactorsReset
>;

/** Whether there is anything that a sign-in asks for, or would once a code of it has come. */
export const hasAnyFactor = (factors: Factors): boolean =>
  hasSecondFactor(factors) || factors.pending !== undefined || factors.recovery !== undefined;

/** Recovery codes stand for a factor: with the last of them they go, and do not come back with another. */
const standing = (factors: Factors): Factors =>
  hasSecondFactor(factors) ? factors : { ...factors, recovery: undefined };

/** @param addedAt when it happened */
export function factorsAfter(factors: Factors, event: FactorEvent, addedAt: Instant): Factors {
  const { totp, pending, passkeys, recovery } = factors;
  switch (event.type) {
    case 'TotpEnrolled':
      return { ...factors, pending: event.data.secret };
    case 'TotpConfirmed':
      return {
        ...factors,
        totp: pending && { secret: pending, last: event.data.step },
        pending: undefined,
      };
    case 'TotpUsed':
      return { ...factors, totp: totp && { ...totp, last: event.data.step } };
    case 'TotpRemoved':
      return standing({ ...factors, totp: undefined, pending: undefined });
    case 'PasskeyAdded': {
      const { passkey, credential, counter } = event.data;
      return { ...factors, passkeys: [...passkeys, { passkey, credential, counter, addedAt }] };
    }
    case 'PasskeyUsed': {
      const { passkey, counter } = event.data;
      return {
        ...factors,
        passkeys: passkeys.map((known) => (known.passkey === passkey ? { ...known, counter } : known)),
      };
    }
    case 'PasskeyRemoved':
      return standing({
        ...factors,
        passkeys: passkeys.filter(({ passkey }) => passkey !== event.data.passkey),
      });
    case 'RecoveryCodesMade': {
      const { codes, count } = event.data;
      return { ...factors, recovery: { codes, count, used: [] } };
    }
    case 'RecoveryCodeUsed':
      return { ...factors, recovery: recovery && { ...recovery, used: [...recovery.used, event.data.nth] } };
    case 'FactorsReset':
      return noFactors;
    default:
      return unreachable(event);
  }
}

/** Whether this is what was looked at; of commands from before nobody knows. */
const isLookedAt = (text: PersonalText, since: string | undefined): boolean =>
  since === undefined || since === sealedFor(text);

export function confirmTotp(
  { person, step, since }: CommandData<typeof ConfirmTotp>,
  { totp, pending }: Factors,
) {
  if (pending !== undefined && isLookedAt(pending, since)) return [TotpConfirmed({ person, step })];
  return totp?.last === step && isLookedAt(totp.secret, since) ? [] : FactorUnknown({});
}

export function takeTotp({ person, step, since }: CommandData<typeof UseTotp>, { totp }: Factors) {
  if (totp === undefined || !isLookedAt(totp.secret, since)) return FactorUnknown({});
  return step > totp.last ? [TotpUsed({ person, step })] : FactorUsed({});
}

export const removeTotp = (person: string, { totp, pending }: Factors) =>
  totp === undefined && pending === undefined ? [] : [TotpRemoved({ person })];

export function addPasskey(data: CommandData<typeof AddPasskey>, { passkeys }: Factors) {
  if (passkeys.some(({ passkey }) => passkey === data.passkey)) return [];
  if (passkeys.length >= MOST_PASSKEYS) return TooManyPasskeys({ limit: MOST_PASSKEYS });
  return [PasskeyAdded(data)];
}

/** A counter that does not rise belongs to a copy of the passkey; those that do not count say zero for ever. */
export function takePasskey(
  { person, passkey, counter }: CommandData<typeof UsePasskey>,
  { passkeys }: Factors,
) {
  const known = passkeys.find((each) => each.passkey === passkey);
  if (known === undefined) return FactorUnknown({});
  const counts = known.counter > 0 || counter > 0;
  if (counts && counter <= known.counter) return FactorUsed({});
  return [PasskeyUsed({ person, passkey, counter })];
}

export const removePasskey = (
  { person, passkey }: CommandData<typeof RemovePasskey>,
  { passkeys }: Factors,
) => (passkeys.some((known) => known.passkey === passkey) ? [PasskeyRemoved({ person, passkey })] : []);

/** Those that come with a factor void none: of two factors that are added at once, only one has them. */
export const makeRecoveryCodes = (
  { first, ...data }: CommandData<typeof MakeRecoveryCodes>,
  { recovery }: Factors,
) =>
  first && recovery !== undefined
    ? []
    : [RecoveryCodesMade({ ...data, ...(recovery === undefined && { first: true as const }) })];

export function takeRecoveryCode(
  { person, nth, since }: CommandData<typeof UseRecoveryCode>,
  { recovery }: Factors,
) {
  if (recovery === undefined || !isLookedAt(recovery.codes, since)) return FactorUnknown({});
  if (nth >= recovery.count) return FactorUnknown({});
  return recovery.used.includes(nth) ? FactorUsed({}) : [RecoveryCodeUsed({ person, nth })];
}
