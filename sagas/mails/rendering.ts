import type { Letter, LetterPart } from '#domain/kernel/mails.ts';
import { type Language, mailLimits } from '#domain/kernel/ports/mail.ts';
import type { House } from '#runtime/house.ts';

/** What every mail ends with. */
const CLOSING: Readonly<Record<Language, string>> = {
  en: 'This message was sent automatically: nobody reads answers to it.',
  fr: 'Ce message est envoyé automatiquement : personne ne lit les réponses.',
  ru: 'Это письмо отправлено автоматически: ответы на него никто не читает.',
};

const CONTACT: Readonly<Record<Language, (contact: string) => string>> = {
  en: (contact) => `Questions? You reach us here: ${contact}`,
  fr: (contact) => `Des questions ? Vous pouvez nous joindre ici : ${contact}`,
  ru: (contact) => `Вопросы? Связаться с нами: ${contact}`,
};

const closingOf = (language: Language, { name, contact }: House): readonly string[] => [
  ...(name === undefined ? [] : [name]),
  CLOSING[language],
  ...(contact === undefined ? [] : [CONTACT[language](contact)]),
];

/** People write names and titles; what they write begins no line, and no header. */
const inLine = (text: string): string => text.replaceAll(/[\s\p{Cc}\u2028\u2029]+/gu, ' ').trim();
const cut = (text: string, most: number): string => [...text].slice(0, most).join('');

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;' },
  ...{ '"': '&quot;', "'": '&#39;' },
};
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);

/** @throws TypeError for a link that is none: whoever wrote it has made a mistake */
function linkOf(link: string): string {
  const url = URL.parse(link);
  if (url !== null && /^https?:$/.test(url.protocol) && !/\s/.test(link)) return url.href;
  throw new TypeError('a mail has a link that leads nowhere');
}

function plainOf(part: LetterPart): string {
  if ('link' in part) return `${inLine(part.label)}:\n${linkOf(part.link)}`;
  return inLine('code' in part ? part.code : part.text);
}

/** Two colours that are told apart in light and dark, and a size that is read without glasses. */
const STYLE =
  'body{font:1.125rem/1.5 system-ui,sans-serif;max-width:36rem;margin:0 auto;padding:1.5rem;color:#1a1a1a;background:#fff}' +
  'h1{font-size:1.375rem;line-height:1.3}a{color:#0b4f9e}code{font-size:1.5rem;letter-spacing:.1em}small{font-size:.875rem}' +
  '@media(prefers-color-scheme:dark){body{color:#f2f2f2;background:#1a1a1a}a{color:#9ec5ff}}';

function markedOf(part: LetterPart): string {
  if ('code' in part) return `<p><code>${escaped(inLine(part.code))}</code></p>`;
  if ('text' in part) return `<p>${escaped(inLine(part.text))}</p>`;
  const href = escaped(linkOf(part.link));
  // Whoever's program shows no links copies it.
  return `<p><a href="${href}">${escaped(inLine(part.label))}</a></p><p><small>${href}</small></p>`;
}

export interface Rendered {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * A letter as plain text and as a page that says its language and its title, has one heading, and needs no picture, no script and no table.
 *
 * @throws TypeError for a link that is none
 */
export function rendered({ subject, parts }: Letter, language: Language, house: House): Rendered {
  const title = cut(inLine(subject), mailLimits.subjectCharacters / 2);
  const closing = closingOf(language, house);
  const page = [
    `<!doctype html><html lang="${language}"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">',
    `<title>${escaped(title)}</title><style>${STYLE}</style></head>`,
    `<body><main><h1>${escaped(title)}</h1>${parts.map(markedOf).join('')}</main>`,
    `<footer>${closing.map((line) => `<p><small>${escaped(line)}</small></p>`).join('')}</footer></body></html>`,
  ];
  const text = [...parts.map(plainOf), `-- \n${closing.join('\n')}`].join('\n\n');
  return { subject: title, text: `${text}\n`, html: `${page.join('\n')}\n` };
}
