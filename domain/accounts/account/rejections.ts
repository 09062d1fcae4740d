import { z } from 'zod';
import { rejection } from '../../kernel/message.ts';
import { GrantableRole } from './events.ts';

export const AccountUnknown = rejection('account_unknown', {
  message: 'There is no such account.',
  status: 404,
});
export const AccountExists = rejection('account_exists', {
  message: 'This person has an account already.',
});
export const AccountNotActive = rejection('account_not_active', {
  message: 'This account is locked, closed or erased.',
  details: { state: z.enum(['locked', 'closed', 'erased']) },
});
export const AccountActive = rejection('account_active', {
  message: 'This account is active: its person decides for themselves, or it has to be locked first.',
});
export const EmailNotVerified = rejection('email_not_verified', {
  message: 'Follow the link in the mail that we have sent you first.',
});
export const TooManyPasskeys = rejection('too_many_passkeys', {
  message: 'Remove a passkey before you add another.',
  details: { limit: z.int().min(1) },
});
export const FactorUnknown = rejection('factor_unknown', {
  message: 'This account has no such second factor.',
  status: 404,
});
export const FactorUsed = rejection('factor_used', {
  message: 'This code was used before, or is older than one that was. Wait for the next one.',
});
export const WalletsOpen = rejection('wallets_open', {
  message: 'Close your wallets first: what comes into one that is open would be nobody’s.',
  details: { currencies: z.array(z.string()).min(1) },
});
export const MoneyLeft = rejection('money_left', {
  message:
    'Whoever is to leave has money here or on its way, or owes some. They withdraw or pay it first, and nothing may be held or under way.',
  details: { currencies: z.array(z.string()).min(1) },
});
export const SalesOpen = rejection('sales_open', {
  message:
    'Whoever is to leave has a lot that is promised to an auction, or sold and not paid for yet. Its sale is over and paid out first, or the house calls it off.',
  details: { sales: z.int().min(1) },
});
export const PasswordReplaced = rejection('password_replaced', {
  message: 'The password has become another meanwhile. Sign in with that one.',
});
export const SecondFactorNeeded = rejection('second_factor_needed', {
  message:
    'Your password is too short to stand alone. Choose one of fifteen characters or more first, or keep a second factor.',
});
export const EmailChangeVoid = rejection('email_change_void', {
  message: 'Nobody waits for this address any more. Ask for the change again.',
});
export const EmailUnchanged = rejection('email_unchanged', {
  message: 'This is your address already. No mail was sent.',
});
export const RolesConflict = rejection('roles_conflict', {
  message:
    'Whoever works for the house or oversees it may not bid or sell. Withdraw the roles that do not go with this one first.',
  details: { role: GrantableRole, with: z.array(GrantableRole).max(8) },
});
export const GrantOver = rejection('grant_over', {
  message: 'The time until which this role was to be given is over already. Name a later one, or none.',
  status: 422,
});
export const TooManyLetters = rejection('too_many_letters', {
  message:
    'We have written to you about this not long ago, and the link of that mail still holds. Look for it, or ask again later.',
  details: { retryAfterMs: z.int().min(1) },
  status: 429,
});
