import { whenDue } from '../../kernel/deadline.ts';
import type { Facts } from '../../kernel/decider.ts';
import type { CommandData } from '../../kernel/message.ts';
import { ownAffair } from '../../kernel/own-affair.ts';
import { LoginInUse } from '../login/messages.ts';
import {
  AccountActive,
  AccountClosed,
  AccountUnknown,
  type CloseAccount,
  type CompleteErasure,
  EmailNotVerified,
  type EraseMe,
  type ErasePerson,
  type ErasurePrecondition,
  type ExpireRegistration,
  type MoneyPrecondition,
  PersonErased,
  type YieldPrecondition,
  type YieldRegistration,
} from './messages.ts';
import { type Account, isUnproven, OPERATOR } from './state.ts';

// How an account ends: by its person, by the house, or because nobody has proven its address. What is theirs has to be out of the house
// before.

type Leaving = Facts<ErasurePrecondition>;

export function closeAccount(
  _: CommandData<typeof CloseAccount>,
  account: Account,
  { actor, precondition }: Leaving,
) {
  if (account.phase === 'none') return AccountUnknown({});
  if (account.phase === 'closed' || account.phase === 'erased') return [];
  // The login of a closed account stays taken, which a stranger could do to whoever has it.
  if (!account.emailVerified) return EmailNotVerified({});
  return precondition.refusal ?? [AccountClosed({ person: actor.id })];
}

export function erasePerson(
  { person, cause }: CommandData<typeof ErasePerson>,
  account: Account,
  { actor, precondition }: Facts<MoneyPrecondition>,
) {
  const own = ownAffair(actor, person);
  if (own !== undefined) return own;
  if (account.phase === 'none') return AccountUnknown({});
  if (account.phase === 'active') return AccountActive({});
  if (account.phase === 'erased') return [];
  return precondition.refusal ?? [PersonErased({ person, login: account.login, by: actor.id, cause })];
}

export function eraseMe(_: CommandData<typeof EraseMe>, account: Account, { actor, precondition }: Leaving) {
  if (account.phase === 'none') return AccountUnknown({});
  if (account.phase === 'erased') return [];
  // Its login would be free, and every link void that its owner was sent: a stranger could do that to them again and again.
  if (!account.emailVerified) return EmailNotVerified({});
  return precondition.refusal ?? [PersonErased({ person: actor.id, login: account.login })];
}

/**
 * Whoever has followed the link there has proven the address, and nobody else has: what is registered with it gives way. What the house has
 * locked is the house's to decide, and whoever is proven here first stays.
 */
export function yieldRegistration(
  { person, login, to }: CommandData<typeof YieldRegistration>,
  account: Account,
  { precondition }: Facts<YieldPrecondition>,
) {
  if (account.phase === 'none') return AccountUnknown({});
  if (account.passedTo === to && account.login === login) return [];
  if (!isUnproven(account) || account.login !== login) return LoginInUse({});
  return precondition.refusal ?? [PersonErased({ person, login, cause: 'unproven', passedTo: to })];
}

/**
 * A proof that is recorded before this keeps the account, however late it comes; one behind it finds none. Where time was given meanwhile,
 * its end is another, and whoever watches it asks again then.
 */
export function expireRegistration(
  { person, until }: CommandData<typeof ExpireRegistration>,
  account: Account,
  { now, precondition }: Facts<MoneyPrecondition>,
) {
  if (account.phase === 'none') return AccountUnknown({});
  if (!isUnproven(account) || account.unprovenUntil !== until) return [];
  const { login } = account;
  return whenDue(
    until,
    now,
    () => precondition.refusal ?? [PersonErased({ person, login, cause: 'unproven' })],
  );
}

/** Nobody asks what is still theirs: who was forgotten cannot be kept, and has been asked then. */
export function completeErasure({ person }: CommandData<typeof CompleteErasure>, account: Account) {
  if (account.phase === 'none') return AccountUnknown({});
  if (account.phase === 'erased') return [];
  return [PersonErased({ person, login: account.login, by: OPERATOR })];
}
