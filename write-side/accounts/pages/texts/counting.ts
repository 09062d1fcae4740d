import type { Language } from '#domain/kernel/ports/mail.ts';

/** The word that goes with a count, by the rules of the language. */
export function counted(
  language: Language,
  count: number,
  words: { readonly one: string; readonly few?: string; readonly many?: string; readonly other: string },
): string {
  const form = new Intl.PluralRules(language).select(count);
  return words[form as keyof typeof words] ?? words.other;
}
