import assert from 'node:assert/strict';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import { CookieJar } from 'tough-cookie';

// A browser without a screen, as far as the pages need one: cookies, redirects and forms, and nothing that they could not do by hand.

type Node = DefaultTreeAdapterTypes.ChildNode;
type Element = DefaultTreeAdapterTypes.Element;

const MOST_REDIRECTS = 12;
const isElement = (node: Node): node is Element => 'tagName' in node;

function* elementsIn(nodes: readonly Node[]): Generator<Element> {
  for (const node of nodes) {
    if (!isElement(node)) continue;
    yield node;
    yield* elementsIn(node.childNodes);
  }
}
const attribute = ({ attrs }: Element, name: string): string | undefined =>
  attrs.find((each) => each.name === name)?.value;
const textIn = (nodes: readonly Node[]): string =>
  nodes
    .map((node) => ('value' in node ? node.value : isElement(node) ? textIn(node.childNodes) : ''))
    .join('');

/** A form as it lies on a page. */
export interface Form {
  readonly action: URL;
  readonly method: string;
  readonly fields: Readonly<Record<string, string>>;
  /** What its fields are called by, by their type or by what browsers fill them in with. */
  readonly names: Readonly<Record<string, string>>;
  /** What its buttons say and send. */
  readonly buttons: readonly { readonly text: string; readonly name?: string; readonly value?: string }[];
}

/** Where a browser is. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  readonly title: string;
  readonly forms: readonly Form[];
  readonly links: readonly URL[];
  /** Where it goes by itself. */
  readonly goesOnTo: string | undefined;
}

function formOf(form: Element, url: URL): Form {
  const fields: Record<string, string> = {};
  const names: Record<string, string> = {};
  const buttons: Form['buttons'][number][] = [];
  for (const element of elementsIn(form.childNodes)) {
    const name = attribute(element, 'name');
    const value = attribute(element, 'value');
    if (element.tagName === 'button')
      buttons.push({
        text: textIn(element.childNodes).trim(),
        ...(name !== undefined && { name, value: value ?? '' }),
      });
    if (!['input', 'textarea', 'select'].includes(element.tagName) || name === undefined) continue;
    const type = attribute(element, 'type') ?? 'text';
    for (const by of [type, ...(attribute(element, 'autocomplete') ?? '').split(' ')]) names[by] ??= name;
    const isChecked = !['checkbox', 'radio'].includes(type) || attribute(element, 'checked') !== undefined;
    const text = element.tagName === 'textarea' ? textIn(element.childNodes) : (value ?? '');
    if (isChecked) fields[name] = text;
  }
  const action = new URL(attribute(form, 'action') ?? url, url);
  return { action, method: (attribute(form, 'method') ?? 'get').toUpperCase(), fields, names, buttons };
}

function pageOf(url: URL, { status, headers }: Response, html: string): Page {
  const elements = [...elementsIn(parse(html).childNodes)];
  const named = (tag: string) => elements.filter(({ tagName }) => tagName === tag);
  return {
    ...{ url, status, headers, html },
    title: textIn(named('title')[0]?.childNodes ?? []).trim(),
    forms: named('form').map((form) => formOf(form, url)),
    goesOnTo: named('meta')
      .filter((meta) => attribute(meta, 'http-equiv') === 'refresh')
      .map((meta) => /url=(.*)$/i.exec(attribute(meta, 'content') ?? '')?.[1])[0],
    links: named('a').flatMap((link) => URL.parse(attribute(link, 'href') ?? '', url) ?? []),
  };
}

export interface VisitOptions {
  readonly method?: string;
  readonly body?: URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One browser, whose cookies are its own. */
export class Visitor {
  readonly jar = new CookieJar();
  /** What it says with each request. */
  headers: Readonly<Record<string, string>>;
  /** Where it was sent that is not ours: a system that waits for its answer. */
  leftFor: URL | undefined;

  constructor(headers: Readonly<Record<string, string>> = {}) {
    this.headers = headers;
  }

  /** One request, without following where it leads. */
  async request(url: URL, { method = 'GET', body, headers = {} }: VisitOptions = {}): Promise<Response> {
    const response = await fetch(url, {
      ...{ method, redirect: 'manual' },
      headers: {
        ...{ accept: 'text/html', cookie: await this.jar.getCookieString(url.href), ...this.headers },
        ...(method === 'POST' && { origin: url.origin, 'sec-fetch-site': 'same-origin' }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    });
    for (const cookie of response.headers.getSetCookie()) await this.jar.setCookie(cookie, url.href);
    return response;
  }

  /** Goes where it leads, as long as that is on this origin. */
  async visit(where: string | URL, options: VisitOptions = {}): Promise<Page> {
    let url = new URL(where);
    const { origin } = url;
    let asked = options;
    this.leftFor = undefined;
    for (let hops = 0; hops < MOST_REDIRECTS; hops++) {
      const response = await this.request(url, asked);
      const html = await response.text();
      const page = pageOf(url, response, html);
      const location = response.headers.get('location') ?? page.goesOnTo;
      if (location === undefined) return page;
      url = new URL(location, url);
      asked = response.status === 307 || response.status === 308 ? asked : {};
      if (url.origin !== origin) {
        this.leftFor = url;
        return page;
      }
    }
    return assert.fail(`${where} leads in circles`);
  }

  /**
   * Fills in a form and sends it.
   *
   * @param values by the name of a field, its type (`email`, `password`), or what browsers fill it in with (`one-time-code`)
   * @param which the words of a button, or part of the form's address; the first form unless told
   */
  submit(page: Page, values: Readonly<Record<string, string>> = {}, which = ''): Promise<Page> {
    const matches = ({ action, buttons }: Form) =>
      action.href.includes(which) || buttons.some(({ text }) => text.includes(which));
    const form = page.forms.find(matches);
    if (form === undefined)
      return assert.fail(`${page.url} (${page.status}) has no form for ${which}: ${page.html}`);
    const body = new URLSearchParams(form.fields);
    for (const [by, value] of Object.entries(values)) {
      const name: string | undefined = by in form.fields ? by : form.names[by];
      assert.ok(name !== undefined, `${page.url} asks for no ${by}: ${Object.keys(form.names)}`);
      body.set(name, value);
    }
    const button = form.buttons.find(({ text }) => which !== '' && text.includes(which)) ?? form.buttons[0];
    if (button?.name !== undefined) body.set(button.name, button.value ?? '');
    return this.visit(form.action, { method: form.method, ...(form.method === 'POST' && { body }) });
  }
}
