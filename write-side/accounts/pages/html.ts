// HTML as tagged templates: whatever is put in is escaped, unless it is HTML of ours already.

/** HTML that was written here, or made of what was escaped. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes. `undefined` and `false` leave nothing. */
export type Shown = Html | string | number | undefined | false | readonly Shown[];

const NAMED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\0': '\ufffd',
};

/** Text as it may stand between tags, and in an attribute's quotes. Half a character is none. */
export const escaped = (text: string): string =>
  text.toWellFormed().replaceAll(/[&<>"'\0]/g, (character) => NAMED[character] ?? '');

function written(value: Shown): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.text;
  return typeof value === 'object' ? value.map(written).join('') : escaped(String(value));
}

/** Values stand between tags, or in an attribute's double quotes, and nowhere else. */
export const html = (strings: TemplateStringsArray, ...values: readonly Shown[]): Html =>
  new Html(strings.map((text, at) => text + written(values[at])).join(''));

/** A sentence as a paragraph; what is HTML already stays as it is. */
export const paragraph = (says: Shown): Html | Shown =>
  typeof says === 'string' ? html`<p>${says}</p>` : says;

/** Attributes with a blank before each; `true` is one without a value, `false` and `undefined` are none. */
export const attributes = (of: Readonly<Record<string, string | number | boolean | undefined>>): Html =>
  new Html(
    Object.entries(of)
      .map(([name, value]) => {
        if (value === undefined || value === false) return '';
        return value === true ? ` ${name}` : ` ${name}="${escaped(String(value))}"`;
      })
      .join(''),
  );
