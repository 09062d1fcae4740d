import type { Rejection } from '#domain/kernel/message.ts';
import { MOST_OF_A_CODE } from './entered.ts';
import { type Field, field, summary } from './forms.ts';
import type { Answer, Visit } from './frame.ts';
import { type Html, html, type Shown } from './html.ts';
import { troubleOf } from './refusals.ts';
import type { Refused, Wrong } from './refused.ts';

// A page with a form on it, as it comes first and as it comes again when something was wrong.

/** To the page where the form stands, which tells what is wrong. @param entered what stands in its fields again: nothing secret */
export const refusedAt = (backTo: string, wrong: Wrong, entered: Refused['entered'] = {}): Answer => ({
  ...{ backTo, wrong, entered },
});

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

/** What was not taken is called as it was asked for. */
const named = (rejection: Rejection, code: 'wrong_code' | 'wrong_passkey'): Rejection =>
  rejection.code === 'invalid_code' ? { ...rejection, code } : rejection;

/** As {@link wrongBy}, of a code of whichever kind, in this field. */
export function codeWrong(rejection: Rejection, visit: Visit, field: string): Wrong {
  const beside = { wrong_code: field, factor_used: field, invalid_credentials: field };
  return { ...wrongBy(named(rejection, 'wrong_code'), visit, beside), rejection };
}
export const passkeyWrong = (rejection: Rejection, visit: Visit): Wrong => ({
  ...wrongBy(named(rejection, 'wrong_passkey'), visit),
  rejection,
});

export interface FormPage {
  readonly title: string;
  readonly main: readonly Shown[];
  readonly isOwn?: boolean;
  readonly isWide?: boolean;
}

/** What is wrong, the title, and all below it. */
export function formPage({ texts, refused }: Visit, of: FormPage): Answer {
  const { title, main, isOwn = false, isWide = false } = of;
  const { troubles, rejection } = refused.wrong;
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
  ({ texts, refused }: Visit, of: Pick<Field, 'name' | 'label' | 'hint'>): Html =>
    field(texts, { ...of, type: 'password', autocomplete }, refused.wrong.troubles);

export const currentPassword = secret('current-password');
export const newPassword = secret('new-password');

export const emailField = (
  { texts, refused: { wrong, entered } }: Visit,
  { value, ...of }: Pick<Field, 'label' | 'value' | 'autocomplete'>,
): Html => {
  const named = { name: 'email', type: 'email', most: 254, value: entered.email ?? value } as const;
  return field(texts, { ...named, ...of }, wrong.troubles);
};

export const codeField = ({ texts }: Visit, { troubles }: Wrong): Html =>
  field(
    texts,
    {
      ...{ name: 'code', label: texts.fields.code, hint: texts.fields.codeHint },
      ...{ autocomplete: 'one-time-code', isNumeric: true, most: MOST_OF_A_CODE },
    },
    troubles,
  );

/** Managers of passwords look for a name beside a password, to know whose it is. Undefined: it is not to be shown, or there is none. */
export const unseenUsername = (email: string | undefined): Html | undefined =>
  email === undefined
    ? undefined
    : html`<input class="unseen" type="text" name="username" autocomplete="username" value="${email}" readonly tabindex="-1" aria-hidden="true">`;
