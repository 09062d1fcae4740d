import { Language } from '#domain/kernel/ports/mail.ts';
import { type House, nameOfHouse } from '#runtime/house.ts';
import { scriptPath, stylePath } from './assets.ts';
import { attributes, type Html, html } from './html.ts';
import { languageNames, texts } from './languages.ts';

/** What a page is made of. */
export interface Page {
  readonly title: string;
  readonly main: Html;
  /** Whether it tells of something that was entered wrong: the title says so, before all else. */
  readonly isError?: boolean;
  /** Wider, for what is more than a form. */
  readonly isWide?: boolean;
  /** Of whoever is signed in: a way back to the account stands at its top. */
  readonly isOwn?: boolean;
  /** Where the browser goes on to by itself, at once. Some do not, to an app or at all: a link leads there, too. */
  readonly onwards?: string;
}

/** The same address in another language: all that it asks for stays. */
function hrefIn(language: Language, here: string): string {
  const [path = '', query = ''] = here.split('?', 2);
  const asked = new URLSearchParams(query);
  asked.set('lang', language);
  // A path that begins with two would be another host's.
  return `${path.replace(/^\/+/, '/')}?${asked}`;
}

function switcher(language: Language, here: string): Html {
  const links = Language.options.map((each) =>
    each === language
      ? html`<li><span aria-current="true" lang="${each}">${languageNames[each]}</span></li>`
      : html`<li><a href="${hrefIn(each, here)}" lang="${each}" hreflang="${each}">${languageNames[each]}</a></li>`,
  );
  return html`<nav aria-label="${texts[language].layout.languages}"><ul>${links}</ul></nav>`;
}

/**
 * A whole page.
 *
 * @param here its path with what is asked for, for the links to it in other languages; undefined: it cannot be asked for again
 */
export function layout(page: Page, language: Language, here: string | undefined, house: House): string {
  const { layout: said, common } = texts[language];
  const title = page.isError === true ? common.errorTitle(page.title) : page.title;
  const { text } = html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<title>${title} – ${nameOfHouse(house)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
${page.onwards !== undefined && html`<meta http-equiv="refresh" content="0; url=${page.onwards}">`}
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${stylePath}">
<script src="${scriptPath}" defer></script>
</head>
<body${attributes({ class: page.isWide === true && 'wide' })}>
<a class="skip" href="#main">${said.skip}</a>
<header><div class="bar"><span class="wordmark" translate="no">${nameOfHouse(house)}</span>${page.isOwn === true && html`<a href="/account">${said.toAccount}</a>`}</div></header>
<main id="main" tabindex="-1">
${page.main}
</main>
<footer><div class="bar">${here !== undefined && switcher(language, here)}${house.contact !== undefined && html`<p class="words">${said.contact(house.contact)}</p>`}</div></footer>
</body>
</html>
`;
  return text;
}
