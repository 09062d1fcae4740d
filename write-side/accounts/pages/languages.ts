import type { IncomingMessage } from 'node:http';
import Negotiator from 'negotiator';
import type { Instant } from '#domain/kernel/instant.ts';
import { Language } from '#domain/kernel/ports/mail.ts';
import { cookiesOf } from '#runtime/cookies.ts';
import { en, type Texts } from './texts/en.ts';
import { fr } from './texts/fr.ts';
import { ru } from './texts/ru.ts';

// In which language somebody is spoken to, and how it writes what is no text.

export const texts: Readonly<Record<Language, Texts>> = { en, fr, ru };

/** Each by its own name: whoever looks for theirs may read no other. */
export const languageNames: Readonly<Record<Language, string>> = {
  en: 'English',
  fr: 'Français',
  ru: 'Русский',
};

/** The cookie that keeps a choice. It says nothing about whoever has it but that. */
export const LANGUAGE_COOKIE = 'annals_language';

const known = (text: string | null | undefined): Language | undefined => Language.safeParse(text).data;

/** What `?lang=` asks for; undefined: nothing that is spoken here. */
export const chosenLanguage = ({ url = '/' }: Pick<IncomingMessage, 'url'>): Language | undefined =>
  known(new URLSearchParams(url.split('?')[1] ?? '').get('lang'));

/** What somebody has chosen here: now, or before. */
export const preferredLanguage = (request: Pick<IncomingMessage, 'url' | 'headers'>): Language | undefined =>
  chosenLanguage(request) ?? known(cookiesOf(request).get(LANGUAGE_COOKIE));

/** What was chosen, else the first that the browser names and that is spoken here. */
export function languageOf(request: Pick<IncomingMessage, 'url' | 'headers'>): Language {
  const said = new Negotiator(request as IncomingMessage).language([...Language.options]);
  return preferredLanguage(request) ?? known(said) ?? 'en';
}

const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', fr: 'fr-FR', ru: 'ru-RU' };

/** Each made when it is first needed: to make one takes ten milliseconds. */
const formats: Partial<Record<Language, Intl.DateTimeFormat>> = {};

const minutesOf = (language: Language): Intl.DateTimeFormat =>
  (formats[language] ??= new Intl.DateTimeFormat(LOCALES[language], {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  }));

/** A moment in words, to the minute, and in which time: nobody knows where the reader is. */
export const momentIn = (language: Language, moment: Instant): string =>
  `${minutesOf(language).format(new Date(moment))} UTC`;

/** `EUR, USD and GBP`. */
export const listIn = (language: Language, names: readonly string[]): string =>
  new Intl.ListFormat(LOCALES[language]).format(names);

/** `in 5 minutes`: rounded up, so that whoever comes then is not too early. */
export function waitIn(language: Language, milliseconds: number): string {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1_000));
  const format = new Intl.RelativeTimeFormat(LOCALES[language]);
  if (seconds < 100) return format.format(seconds, 'second');
  const minutes = Math.ceil(seconds / 60);
  return minutes < 100 ? format.format(minutes, 'minute') : format.format(Math.ceil(minutes / 60), 'hour');
}
