import type { Rejection } from '#domain/kernel/message.ts';
import { type Field, field, summary, type Trouble } from './forms.ts';
import type { Answer, Visit } from './frame.ts';
import { type Html, html, type Shown } from './html.ts';
import { troubleOf } from './refusals.ts';

// A page with a form on it, as it comes first and as it comes again when something was wrong.

/** What stands against what was entered, and the rejection that it came from, which has a status of its own. */
export interface Wrong {
  readonly troubles: readonly Trouble[];
  readonly rejection?: Rejection;
}

export const NOTHING_WRONG: Wrong = { troubles: [] };

/** @param fields beside which field each code is said */
export const wrongBy = (
  rejection: Rejection,
  visit: Visit,
  fields: Readonly<Record<string, string>> = {},
): Wrong => ({ rejection, troubles: [troubleOf(rejection, visit, fields)] });

/** As {@link wrongBy}, where it stands fast who somebody is: what is wrong is the password, in this field. */
export function passwordWrong(rejection: Rejection, visit: Visit, field: string): Wrong {
  const code = rejection.code === 'invalid_credentials' ? 'wrong_password' : rejection.code;
  return { ...wrongBy({ ...rejection, code }, visit, { wrong_password: field }), rejection };
}

export interface FormPage {
  readonly title: string;
  readonly main: readonly Shown[];
  readonly wrong?: Wrong | undefined;
  readonly isOwn?: boolean;
  readonly isWide?: boolean;
}

/** What is wrong, the title, and all below it. */
export function formPage({ texts }: Visit, of: FormPage): Answer {
  const { title, main, wrong = NOTHING_WRONG, isOwn = false, isWide = false } = of;
  const { troubles, rejection } = wrong;
  return {
    ...{ rejection, status: troubles.length > 0 ? 422 : 200 },
    page: {
      ...{ title, isOwn, isWide, isError: troubles.length > 0 },
      main: html`${summary(texts, troubles)}
<h1>${title}</h1>
${main}`,
    },
  };
}

// Fields that more than one form has.

const secret =
  (autocomplete: string) =>
  ({ texts }: Visit, of: Pick<Field, 'name' | 'label' | 'hint'>, { troubles }: Wrong): Html =>
    field(texts, { ...of, type: 'password', autocomplete }, troubles);

export const currentPassword = secret('current-password');
export const newPassword = secret('new-password');

export const emailField = (
  { texts }: Visit,
  of: Pick<Field, 'label' | 'value' | 'autocomplete'>,
  { troubles }: Wrong,
): Html => field(texts, { name: 'email', type: 'email', most: 254, ...of }, troubles);

export const codeField = ({ texts }: Visit, { troubles }: Wrong): Html =>
  field(
    texts,
    {
      ...{ name: 'code', label: texts.fields.code, hint: texts.fields.codeHint },
      ...{ autocomplete: 'one-time-code', isNumeric: true, most: 12 },
    },
    troubles,
  );
