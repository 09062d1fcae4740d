import { z } from 'zod';
import { WalletsOpen } from '#domain/accounts/account/messages.ts';
import { currencies } from '#domain/kernel/currencies.ts';
import { type Instant, later } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { Currency } from '#domain/kernel/money.ts';
import type { Language } from '#domain/kernel/ports/mail.ts';
import { retryAfterMs } from '#runtime/wire.ts';
import type { Trouble } from './forms.ts';
import { listIn, momentIn, texts, waitIn } from './languages.ts';
import type { Texts } from './texts/en.ts';

// Rejections of the catalogue, in the words of the reader's language.

type Sentence = Exclude<keyof Texts['rejections'], 'too_short' | 'wallets_open'>;

const isSentence = (code: string, said: Texts['rejections']): code is Sentence =>
  Object.hasOwn(said, code) && code !== 'too_short' && code !== 'wallets_open';

/** Why a password may not be chosen, as the policy names it. */
const PasswordProblem = z.object({
  problem: z.enum(['too_short', 'too_long', 'common', 'personal', 'repeated', 'run']),
  least: z.int().optional(),
});

/** No more wallets than there are currencies. */
const WalletDetails = z.object({ currencies: z.array(Currency).max(currencies.size) });

function passwordSentence(said: Texts['rejections'], details: object): string | undefined {
  const read = PasswordProblem.safeParse(details);
  if (!read.success) return undefined;
  const { problem, least = 15 } = read.data;
  return problem === 'too_short' ? said.too_short(least) : said[problem];
}

/** In which currencies there is a wallet that stands against leaving; none where something else does. */
export function openWallets({ code, details }: Rejection): readonly Currency[] {
  return code === WalletsOpen.code ? (WalletDetails.safeParse(details).data?.currencies ?? []) : [];
}

/** A rejection as a sentence, with when to come again where that helps. A code that nobody has put into words gets a general one. */
export function sentenceOf(rejection: Rejection, language: Language, now: Instant): string {
  const { rejections: said, again } = texts[language];
  const { code, details } = rejection;
  const open = openWallets(rejection);
  const whole = open.length > 0 ? said.wallets_open(listIn(language, open)) : said.unknown;
  const general = isSentence(code, said) ? said[code] : whole;
  const sentence = passwordSentence(said, details) ?? general;
  const wait = retryAfterMs(rejection);
  if (wait === undefined) return sentence;
  return `${sentence} ${again(waitIn(language, wait), momentIn(language, later(now, wait)))}`;
}

/**
 * A rejection as what stands against a form.
 *
 * @param fields beside which field each code is said; all others are said of the whole
 */
export const troubleOf = (
  rejection: Rejection,
  { language, now }: { readonly language: Language; readonly now: Instant },
  fields: Readonly<Record<string, string>> = {},
): Trouble => ({ field: fields[rejection.code], says: sentenceOf(rejection, language, now) });
