import type { FoldedAt } from '../../kernel/decider.ts';
import type { Instant } from '../../kernel/instant.ts';
import type { EventOf } from '../../kernel/message.ts';
import type { PersonalText } from '../../kernel/personal.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import type { LoginName } from '../ids.ts';
import { type Factors, factorsAfter, noFactors } from './factors.ts';
import type { events, GrantableRole } from './messages.ts';

export interface Grant {
  readonly role: GrantableRole;
  readonly by: string;
  readonly until: Instant | undefined;
}

export interface KnownAccount {
  readonly phase: 'active' | 'locked' | 'closed' | 'erased';
  readonly login: LoginName;
  /** Sealed, as everything here that only the door opens. */
  readonly email: PersonalText;
  readonly verifier: PersonalText;
  /** Since when: whoever was recognised before it was so by another. */
  readonly verifierSince: Instant;
  readonly paymentMeans: PersonalText | undefined;
  readonly emailVerified: boolean;
  readonly lockedOutUntil: Instant | undefined;
  /** Nobody has a role twice. */
  readonly grants: readonly Grant[];
  readonly factors: Factors;
}

export type Account = { readonly phase: 'none' } | KnownAccount;
export const noAccount: Account = { phase: 'none' };

/** The roles that somebody has at a moment. */
export const rolesAt = ({ grants }: Pick<KnownAccount, 'grants'>, now: Instant): readonly GrantableRole[] =>
  grants.filter(({ until }) => until === undefined || until > now).map(({ role }) => role);

type Event = EventOf<(typeof events)[number]>;
const withoutRole = (grants: readonly Grant[], role: GrantableRole): readonly Grant[] =>
  grants.filter((grant) => grant.role !== role);

function registered(
  { data }: Extract<Event, { readonly type: 'AccountRegistered' }>,
  verifierSince: Instant,
): KnownAccount {
  const { login, email, verifier, paymentMeans } = data;
  return {
    ...{ phase: 'active', login, email, verifier, verifierSince, paymentMeans },
    ...{ emailVerified: false, lockedOutUntil: undefined, grants: [], factors: noFactors },
  };
}

export function evolve(before: Account, event: Event, { occurredAt }: FoldedAt): Account {
  if (event.type === 'AccountRegistered') return registered(event, occurredAt);
  if (before.phase === 'none') return before;
  const account: KnownAccount = before;
  switch (event.type) {
    case 'AccountRefused':
      return account;
    case 'EmailVerified':
      return { ...account, emailVerified: true };
    case 'VerifierChanged':
      return { ...account, verifier: event.data.verifier, verifierSince: occurredAt };
    case 'LockedOut':
      return { ...account, lockedOutUntil: event.data.until };
    case 'AccountLocked':
      return { ...account, phase: 'locked' };
    case 'AccountUnlocked':
      return { ...account, phase: 'active', lockedOutUntil: undefined };
    case 'AccountClosed':
      return { ...account, phase: 'closed' };
    case 'PersonErased':
      return { ...account, phase: 'erased' };
    case 'RoleGranted': {
      const { role, by, until } = event.data;
      return { ...account, grants: [...withoutRole(account.grants, role), { role, by, until }] };
    }
    case 'RoleWithdrawn':
      return { ...account, grants: withoutRole(account.grants, event.data.role) };
    case 'TotpEnrolled':
    case 'TotpConfirmed':
    case 'TotpUsed':
    case 'TotpRemoved':
    case 'PasskeyAdded':
    case 'PasskeyUsed':
    case 'PasskeyRemoved':
    case 'RecoveryCodesMade':
    case 'RecoveryCodeUsed':
      return { ...account, factors: factorsAfter(account.factors, event) };
    default:
      return unreachable(event);
  }
}
