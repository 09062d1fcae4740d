import { z } from 'zod';
import { asciiDomain, MailAddress } from '#domain/kernel/ports/mail.ts';
import { someText } from '#domain/kernel/text.ts';
import { addressAsTyped, codeAsTyped } from '#domain/kernel/typed.ts';
import type { Trouble } from './forms.ts';
import type { Entered } from './intake.ts';
import type { Texts } from './texts/en.ts';

// What may be entered in each field. Whether it is right is for the door and the deciders to say.

type Label = (texts: Texts) => string;
type Say = (texts: Texts, label: string) => string;

/** A field: its schema, what it is called, and what is said of what does not fit it. */
interface Rule<Value> {
  readonly schema: z.ZodType<Value, string | undefined>;
  readonly label: Label;
  readonly wrong?: Say;
  /** Of nothing at all. */
  readonly missing?: Say;
  /** Characters. */
  readonly most: number;
}
const rule = <Value>(of: Rule<Value>): Rule<Value> => of;

const MOST_OF_A_PASSWORD = 1_024;
/** With whatever stands between its signs, seen or not. */
export const MOST_OF_A_CODE = 64;
const password = (label: Label) =>
  rule({ schema: z.string().min(1).max(MOST_OF_A_PASSWORD), label, most: MOST_OF_A_PASSWORD });
const isTicked = (label: Label) =>
  rule({
    ...{ schema: z.literal('yes'), label, most: 3 },
    wrong: ({ fieldErrors }) => fieldErrors.tick,
    missing: ({ fieldErrors }) => fieldErrors.tick,
  });

/** Spaces around an address, and a capital or two, are what keyboards of phones make of it. Domains are written as people read them. */
const address = z.string().max(320).transform(addressAsTyped).transform(asciiDomain).pipe(MailAddress);

/** Every field of every form. */
export const fields = {
  email: rule({
    schema: address,
    label: ({ fields: said }) => said.email,
    wrong: ({ fieldErrors }) => fieldErrors.email,
    most: 254,
  }),
  password: password(({ fields: said }) => said.password),
  oldPassword: password(({ fields: said }) => said.oldPassword),
  newPassword: password(({ fields: said }) => said.newPassword),
  code: rule({
    schema: z
      .string()
      .max(MOST_OF_A_CODE)
      .transform(codeAsTyped)
      .pipe(z.string().regex(/^\d{6}$/)),
    label: ({ fields: said }) => said.code,
    wrong: ({ fieldErrors }) => fieldErrors.digits,
    most: MOST_OF_A_CODE,
  }),
  recoveryCode: rule({
    schema: z.string().trim().min(1).max(MOST_OF_A_CODE),
    label: ({ fields: said }) => said.recoveryCode,
    most: MOST_OF_A_CODE,
  }),
  name: rule({ schema: someText(200), label: ({ fields: said }) => said.name, most: 200 }),
  address: rule({
    schema: z
      .string()
      // Browsers end the lines of a form as mails do.
      .transform((text) => text.replaceAll('\r\n', '\n').trim())
      .pipe(someText(500)),
    label: ({ fields: said }) => said.address,
    most: 500,
  }),
  phone: rule({
    schema: z
      .string()
      .optional()
      .transform((text) => (text === undefined || text.trim() === '' ? undefined : text))
      .pipe(someText(40).optional()),
    label: ({ fields: said }) => said.phone,
    most: 40,
  }),
  token: rule({ schema: z.string().min(1).max(2_048), label: () => '', most: 2_048 }),
  session: rule({ schema: z.string().min(1).max(64), label: () => '', most: 64 }),
  passkey: rule({ schema: z.string().min(1).max(64), label: () => '', most: 64 }),
  answer: rule({ schema: z.string().min(1).max(60_000), label: () => '', most: 60_000 }),
  erase: isTicked(({ fields: said }) => said.erase),
  close: isTicked(({ fields: said }) => said.close),
} as const;
type Fields = typeof fields;
export type FieldName = keyof Fields;

type Values<Name extends FieldName> = { readonly [N in Name]: z.output<Fields[N]['schema']> };

const missingText: Say = ({ fieldErrors }, label) => fieldErrors.missing(label);
const unreadable: Say = ({ fieldErrors }, label) => fieldErrors.unreadable(label);

function problemOf(texts: Texts, of: Rule<unknown>, text: string | undefined): string {
  const { label, wrong = unreadable, missing = missingText, most } = of;
  const name = label(texts);
  if (text === undefined || text.trim() === '') return missing(texts, name);
  return [...text].length > most ? texts.fieldErrors.tooLong(name, most) : wrong(texts, name);
}

/** What was entered in these fields, or what is wrong with it. */
export function read<const Name extends FieldName>(
  entered: Entered,
  names: readonly Name[],
  texts: Texts,
): { readonly values: Values<Name> } | { readonly troubles: readonly Trouble[] } {
  const troubles: Trouble[] = [];
  const values: Partial<Record<FieldName, unknown>> = {};
  for (const name of names) {
    const of: Rule<unknown> = fields[name];
    const text = Object.hasOwn(entered, name) ? entered[name] : undefined;
    const result = of.schema.safeParse(text);
    if (result.success) values[name] = result.data;
    else troubles.push({ field: name, says: problemOf(texts, of, text) });
  }
  return troubles.length > 0 ? { troubles } : { values: values as Values<Name> };
}
