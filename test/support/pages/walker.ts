import assert from 'node:assert/strict';
import { type DefaultTreeAdapterMap, parse } from 'parse5';

// A browser without a script: it keeps cookies, follows what it is told to, and looks at every page that it is shown.

type Node = DefaultTreeAdapterMap['node'];
type Element = DefaultTreeAdapterMap['element'];

const isElement = (node: Node): node is Element => 'tagName' in node;
const childrenOf = (node: Node): readonly Node[] => ('childNodes' in node ? node.childNodes : []);
const elementsIn = (node: Node): readonly Element[] =>
  childrenOf(node).flatMap((child) => [...(isElement(child) ? [child] : []), ...elementsIn(child)]);
export const textOf = (node: Node): string =>
  'value' in node ? node.value : childrenOf(node).map(textOf).join('');
export const attributeOf = ({ attrs }: Element, name: string): string | undefined =>
  attrs.find((each) => each.name === name)?.value;

const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** Our own rules for one element. @param ids all of the page @param labelled those that a label names */
function problemsOfOne(
  each: Element,
  ids: readonly string[],
  labelled: ReadonlySet<string>,
): readonly string[] {
  const { tagName, attrs } = each;
  const of = (name: string) => attributeOf(each, name);
  const isField = ['input', 'textarea', 'select'].includes(tagName) && of('type') !== 'hidden';
  const referred = ['aria-describedby', 'for'].flatMap((name) => of(name)?.split(' ') ?? []);
  const to = of('href') ?? of('action') ?? of('src') ?? '#';
  const rules: readonly (readonly [string, boolean])[] = [
    ['inline', tagName === 'style' || (tagName === 'script' && textOf(each) !== '')],
    ['inline', attrs.some(({ name }) => name === 'style' || name.startsWith('on'))],
    ['no language', tagName === 'html' && !of('lang')],
    ['no title', tagName === 'title' && textOf(each).trim() === ''],
    ['no label', isField && of('aria-hidden') !== 'true' && !labelled.has(of('id') ?? '')],
    ['nothing of this id', referred.some((id) => !ids.includes(id))],
    // The one of a page that goes on by itself is what a sign-in says.
    // An app for codes takes what it is set up by.
    [
      'leads out of here',
      !/^(\/(?!\/)|[#?]|data:,$|otpauth:\/\/totp\/)/.test(to) && of('class') !== 'button',
    ],
  ];
  const said = `<${tagName} ${attrs.map(({ name, value }) => `${name}="${value}"`).join(' ')}>`;
  return rules.flatMap(([problem, isSo]) => (isSo ? [`${problem}: ${said}`] : []));
}

/** What is wrong with a page as HTML, and by the rules that hold for all of ours. */
export function problemsOf(html: string): readonly string[] {
  const problems: string[] = [];
  const document = parse(html, { onParseError: ({ code }) => problems.push(code) });
  const all = elementsIn(document);
  const ids = all.flatMap((each) => attributeOf(each, 'id') ?? []);
  const labels = all.filter(({ tagName }) => tagName === 'label');
  const labelled = new Set(labels.flatMap((each) => attributeOf(each, 'for') ?? []));
  if (new Set(ids).size < ids.length) problems.push('an id twice');
  if (all.filter(({ tagName }) => tagName === 'h1').length !== 1)
    problems.push('not one heading of the page');
  return [...problems, ...all.flatMap((each) => problemsOfOne(each, ids, labelled))];
}

export interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** Where a redirect leads; undefined: it is none. */
  readonly to: string | undefined;
  readonly title: string;
  /** All that stands in `<main>`, without tags. */
  readonly text: string;
  readonly elements: readonly Element[];
}

async function seenIn(response: Response): Promise<Seen> {
  const body = await response.text();
  const { status, headers } = response;
  const isPage =
    headers.get('content-type')?.startsWith('text/html') === true && body.startsWith('<!doctype');
  if (isPage) {
    assert.deepEqual(problemsOf(body), [], response.url);
    assert.equal(headers.get('content-security-policy'), POLICY);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('referrer-policy'), 'same-origin');
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('x-frame-options'), 'DENY');
  }
  const elements = isPage ? elementsIn(parse(body)) : [];
  const textIn = (tag: string) =>
    elements
      .filter(({ tagName }) => tagName === tag)
      .map(textOf)
      .join(' ')
      .replaceAll(/\s+/g, ' ')
      .trim();
  return {
    ...{ status, headers, body, elements, title: textIn('title'), text: textIn('main') },
    to: headers.get('location') ?? undefined,
  };
}

/** @param origin of the pages */
export function walker(origin: string, languages = 'en') {
  const cookies = new Map<string, string>();

  async function ask(path: string, init: RequestInit): Promise<Seen> {
    const response = await fetch(origin + path, {
      ...init,
      redirect: 'manual',
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'accept-language': languages,
        ...(init.headers as Record<string, string> | undefined),
      },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return seenIn(response);
  }
  const get = (path: string) => ask(path, {});
  const send = (path: string, fields: Readonly<Record<string, string>>) =>
    ask(path, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { 'sec-fetch-site': 'same-origin' },
    });
  /** Sends a form. One that is refused is shown again, by the page that the answer leads to. */
  async function post(path: string, fields: Readonly<Record<string, string>>): Promise<Seen> {
    const seen = await send(path, fields);
    const isRefused = seen.headers.getSetCookie().some((line) => /^\w*annals_refused=[^;]/.test(line));
    return isRefused && seen.to !== undefined ? get(seen.to) : seen;
  }
  /** Goes where a redirect leads, or a page that goes on by itself, until something is shown; what is elsewhere is only told. */
  async function follow(seen: Seen): Promise<Seen & { readonly at: string }> {
    let at = '';
    let now = seen;
    for (let steps = 0; steps < 12; steps++) {
      const refresh = now.elements.find((each) => attributeOf(each, 'http-equiv') === 'refresh');
      const to = now.to ?? (refresh && attributeOf(refresh, 'content')?.replace('0; url=', ''));
      if (to === undefined) return { ...now, at };
      at = to;
      if (!to.startsWith('/')) return { ...now, at };
      now = await get(to);
    }
    throw new Error('it goes on without an end');
  }
  const hidden = ({ elements }: Seen, name: string): string =>
    elements.flatMap((each) =>
      attributeOf(each, 'name') === name ? (attributeOf(each, 'value') ?? '') : [],
    )[0] ?? '';
  return { ask, get, send, post, follow, hidden, cookies };
}
export type Walker = ReturnType<typeof walker>;
