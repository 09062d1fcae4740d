// What stands against what somebody wants, by its code.

export const rejections = {
  unknown: 'This was refused. Nothing was done.',
  too_many_attempts:
    'There were too many attempts of late, by you or by others. This one was not even looked at.',
  rate_limited: 'You have asked for a lot in a short time. Nothing was done.',
  overloaded: 'There is too much going on just now. Nothing was done.',
  unavailable: 'This cannot be reached just now. Try again in a moment.',
  contended: 'Something else changed at the same moment. Nothing was done.',
  too_many_keys: 'You have changed a lot here today. Nothing was done.',
  newer_version: 'A newer version is being put in place. Nothing was done; try again in a moment.',
  invalid_credentials: 'The address or the password is wrong, or this account may not come in.',
  wrong_password: 'The password is wrong.',
  invalid_code: 'This code or passkey was not taken. Try again.',
  wrong_code: 'This code was not taken. Try again.',
  wrong_passkey: 'This passkey was not taken. Try again.',
  link_void: 'This link is used, too old, or not whole. Ask for a new one.',
  password_refused: 'This password cannot be taken. Choose another.',
  too_short: (least: number) => `This password is too short. At least ${least} characters are needed.`,
  too_long: 'This password is too long. At most 256 characters are taken.',
  common: 'Many people use this password, so it is tried first. Choose another.',
  personal: 'This password has something in it that others know of you. Choose another.',
  repeated: 'This password repeats itself. Choose another.',
  run: 'This password is a row of keys or letters. Choose another.',
  account_unknown: 'There is no such account.',
  account_not_active: 'This account is locked, closed or erased.',
  email_not_verified: 'Confirm your e-mail address first, by the link in the mail that we have sent you.',
  address_unusable: 'We cannot write to this address. Give another one.',
  step_up_required: 'Prove once more that it is you, and try again.',
  too_many_passkeys: 'You have as many passkeys as one may have. Remove one first.',
  factor_unknown: 'Your account has no such second factor.',
  factor_used: 'This code was used before. Wait until your app shows the next one.',
  wallets_open: (list: string) => `You have open wallets (${list}). Close them first.`,
  wallet_not_open: 'There is no open wallet of yours in this currency.',
  wallet_not_empty:
    'There is money in this wallet, or held from it. Withdraw it, and wait until nothing is held.',
  payment_under_way: 'A payment into this wallet is under way. Wait until it has come or failed.',
  debt_outstanding: 'You owe money. Pay it first.',
  sales_open:
    'A lot of yours is in an auction, or sold and not paid for yet. Wait until its sale is over and you have been paid, or ask the house to call it off; then come again.',
  money_left:
    'There is money of yours here, or on its way. Withdraw it, pay what you owe, and wait until nothing is held or under way; then come again.',
  password_replaced: 'The password has become another meanwhile. Sign in with that one.',
  second_factor_needed:
    'Your password is too short to stand alone. Choose a longer one first, or keep a second factor.',
  email_unchanged: 'This is your address already. No mail was sent.',
  email_change_void: 'Nobody waits for this address any more. Ask for the change again.',
  too_many_letters:
    'We have written to you about this not long ago. Look for our mail: its link still works.',
  profile_exists: 'You have a profile already. Change it.',
  profile_unknown: 'You have no profile yet. Create it first.',
  no_profile: 'An administrator has no profile.',
  session_unknown: 'This session is over already.',
  forbidden:
    'Your account may not do this. If you have not confirmed your e-mail address yet, do that first.',
  erased: 'The person it is about was erased at their wish.',
  invalid: 'Something that was entered cannot be taken. Look at it again.',
};
