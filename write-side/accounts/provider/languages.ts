import type { IncomingMessage } from 'node:http';
import { Language } from '#domain/kernel/ports/mail.ts';
import { languageOf as languageOfPages, preferredLanguage } from '../pages/languages.ts';

const MOST = 10;

const known = (tags: readonly string[]): readonly Language[] =>
  tags.flatMap((tag) => {
    const language = Language.safeParse(tag.trim().slice(0, 2).toLowerCase());
    return language.success ? [language.data] : [];
  });

/** What somebody would read, the best first: what they have chosen here, what was asked for (`ui_locales`), what their browser says. */
export function languagesOf(request: IncomingMessage, asked: unknown): readonly Language[] {
  const wanted = typeof asked === 'string' ? asked.split(' ').slice(0, MOST) : [];
  const chosen = preferredLanguage(request);
  return [
    ...new Set([...(chosen === undefined ? [] : [chosen]), ...known(wanted), languageOfPages(request)]),
  ];
}

export const languageOf = (request: IncomingMessage, asked?: unknown): Language =>
  languagesOf(request, asked)[0] ?? 'en';
