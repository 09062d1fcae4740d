import { attributes, type Html, html, type Shown } from './html.ts';
import type { Texts } from './texts/en.ts';

// Forms as people meet them: each field with its label, what is wrong with it beside it, and all that is wrong at the top.

/** Something that stands against what was entered. `field`: beside which; undefined: against the whole. */
export interface Trouble {
  readonly field?: string | undefined;
  readonly says: string;
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type?: 'text' | 'email' | 'password' | 'tel' | undefined;
  readonly autocomplete: string;
  /** What was entered before. Never a password. */
  readonly value?: string | undefined;
  readonly hint?: string | undefined;
  readonly isOptional?: boolean;
  readonly isNumeric?: boolean;
  /** Characters. */
  readonly most?: number;
  /** More than one: lines of text. */
  readonly rows?: number;
}

const idOf = (name: string): string => `field-${name}`;

function describedBy(id: string, hint: unknown, trouble: unknown): string | undefined {
  const ids = [hint !== undefined && `${id}-hint`, trouble !== undefined && `${id}-trouble`];
  return ids.filter((each) => each !== false).join(' ') || undefined;
}

const reveal = (texts: Texts, id: string): Html =>
  html`<button type="button" class="quiet reveal" data-reveal="${id}" data-hide="${texts.common.hide}" hidden>${texts.common.show}</button>`;

/** A field, and below it what is wrong with it. */
export function field(texts: Texts, of: Field, troubles: readonly Trouble[] = []): Html {
  const { name, label, type = 'text', hint, isOptional = false, rows = 1 } = of;
  const id = idOf(name);
  const trouble = troubles.find((each) => each.field === name);
  const shared = attributes({
    id,
    name,
    autocomplete: of.autocomplete,
    'aria-describedby': describedBy(id, hint, trouble),
    'aria-invalid': trouble !== undefined && 'true',
    required: !isOptional,
    maxlength: of.most,
  });
  const typed = attributes({
    type,
    inputmode: of.isNumeric === true && 'numeric',
    value: type === 'password' ? undefined : of.value,
    // Whatever a keyboard makes of the words of a secret, or of an address, is wrong.
    ...(type !== 'text' && type !== 'tel' && { autocapitalize: 'none', spellcheck: 'false' }),
  });
  return html`<div class="field">
<label for="${id}">${label}${isOptional && html` <span class="note">${texts.common.optional}</span>`}</label>
${hint !== undefined && html`<p class="note" id="${id}-hint">${hint}</p>`}
${trouble !== undefined && html`<p class="trouble" id="${id}-trouble">${trouble.says}</p>`}
${
  rows > 1
    ? html`<textarea${shared} rows="${rows}">
${of.value}</textarea>`
    : html`<input${shared}${typed}>`
}
${type === 'password' && reveal(texts, id)}
</div>`;
}

/** A box to be ticked, for what cannot be undone. */
export function tick(name: string, label: string, troubles: readonly Trouble[] = []): Html {
  const id = idOf(name);
  const trouble = troubles.find((each) => each.field === name);
  const more = attributes({
    'aria-describedby': trouble && `${id}-trouble`,
    'aria-invalid': trouble && 'true',
  });
  return html`<div class="field">
${trouble && html`<p class="trouble" id="${id}-trouble">${trouble.says}</p>`}
<div class="tick"><input type="checkbox" id="${id}" name="${name}" value="yes" required${more}><label for="${id}">${label}</label></div>
</div>`;
}

export const hidden = (name: string, value: string): Html =>
  html`<input type="hidden" name="${name}" value="${value}">`;

/** What is wrong, before everything else; the cursor stands there when the page comes. */
export function summary(texts: Texts, troubles: readonly Trouble[]): Html | undefined {
  if (troubles.length === 0) return undefined;
  const lines = troubles.map(({ field: name, says }) =>
    name === undefined ? html`<li>${says}</li>` : html`<li><a href="#${idOf(name)}">${says}</a></li>`,
  );
  return html`<div class="summary" role="alert" tabindex="-1" autofocus>
<h2>${texts.common.summary}</h2><ul>${lines}</ul></div>`;
}

/** What was done. */
export const notice = (says: string): Html => html`<div class="notice" role="status"><p>${says}</p></div>`;

export const button = (label: string, kind: 'main' | 'plain' | 'danger' = 'main'): Html =>
  html`<button type="submit"${attributes({ class: kind !== 'main' && kind })}>${label}</button>`;

/** A form that is sent to a path of ours. What is wrong is said by us, in the reader's language, and not by the browser. */
export const form = (action: string, ...inside: readonly Shown[]): Html =>
  html`<form method="post" action="${action}" novalidate>
${inside}
</form>`;
