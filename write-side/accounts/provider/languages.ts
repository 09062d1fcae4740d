import type { IncomingMessage } from 'node:http';
import { Language } from '#domain/kernel/ports/mail.ts';

const MOST = 10;

const known = (tags: readonly string[]): readonly Language[] =>
  tags.flatMap((tag) => {
    const language = Language.safeParse(tag.trim().slice(0, 2).toLowerCase());
    return language.success ? [language.data] : [];
  });

/** What somebody would read, the best first: what was asked for (`ui_locales`), then what their browser says. */
export function languagesOf(request: IncomingMessage, asked: unknown): readonly Language[] {
  const wanted = typeof asked === 'string' ? asked.split(' ').slice(0, MOST) : [];
  const said = (request.headers['accept-language'] ?? '').split(',').slice(0, MOST);
  return [...new Set(known([...wanted, ...said]))];
}

export const languageOf = (request: IncomingMessage, asked?: unknown): Language =>
  languagesOf(request, asked)[0] ?? 'en';
