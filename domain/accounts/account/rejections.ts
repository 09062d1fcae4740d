import { z } from 'zod';
import { rejection } from '../../kernel/message.ts';

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
    'There is money of yours here, or on its way. Withdraw it, and wait until nothing is held or under way.',
});
