import { derivedId } from './canonical.ts';
import type { RecordedEvent } from './envelope.ts';
import { type Handling, handlersOf, when } from './handlers.ts';
import type { PersonId } from './ids.ts';
import type { Instant } from './instant.ts';
import type { EventDeclaration } from './message.ts';
import type { PersonalText } from './personal.ts';
import type { Language } from './ports/mail.ts';
import type { Recorded } from './reaction.ts';

// Which events people are written to about, and what. An event names the person, and keeps the address and whatever else is about people
// sealed; it is opened at the moment of sending, and nowhere before.

/** A part of a letter, one under the other. How it looks is for whoever renders it. */
export type LetterPart =
  | { readonly text: string }
  /** Where to go, and what that is called. */
  | { readonly link: string; readonly label: string }
  /** To be copied by hand. */
  | { readonly code: string };

/** What a mail says, in one language. */
export interface Letter {
  readonly subject: string;
  readonly parts: readonly LetterPart[];
}

/** What a letter may need beside its data, when it is written. */
export interface LetterFacts {
  /** The origin that people are sent to. */
  readonly publicUrl: string;
  /** Names something without telling it, and nobody else can: by that a link that we have written is known again. */
  readonly nameOf: (kind: string, text: string) => string;
  /** The event that the mail is about. */
  readonly eventId: string;
  /** When it was recorded: what is written about it holds from then on, however late it is sent. */
  readonly recordedAt: Instant;
  readonly person: PersonId;
  /** Whether the letter ends with where the house is reached. */
  readonly isReachable: boolean;
}

export type LetterData = Readonly<Record<string, string | number>>;

/** Its name stands in the ids of mails: it is never changed. */
export interface MailTemplate<Data extends LetterData = LetterData> {
  readonly name: string;
  readonly write: Readonly<Record<Language, (data: Data, facts: LetterFacts) => Letter>>;
}

const TEMPLATE_NAME = /^[a-z][a-z-]{0,63}$/;
/** @throws TypeError for another name than small letters with hyphens */
export function template<Data extends LetterData>(
  name: string,
  write: MailTemplate<Data>['write'],
): MailTemplate<Data> {
  if (!TEMPLATE_NAME.test(name)) throw new TypeError(`${name} is no name of a template`);
  return { name, write };
}

/** The same data as an event keeps it. */
type Kept<Data extends LetterData> = {
  readonly [Field in keyof Data]: Data[Field] extends string ? string | PersonalText : Data[Field];
};

/** A mail that an event asks for, before anything in it is opened. */
export interface AskedMail {
  readonly to: PersonId;
  readonly address: PersonalText;
  readonly template: MailTemplate;
  readonly language: Language;
  readonly data: Readonly<Record<string, string | number | PersonalText>>;
}

/** @param asked `language` is English where nobody knows better */
export const mail = <Data extends LetterData>(
  of: MailTemplate<Data>,
  asked: Pick<AskedMail, 'to' | 'address'> & {
    readonly data: Kept<Data>;
    readonly language?: Language | undefined;
  },
): AskedMail => ({
  ...asked,
  language: asked.language ?? 'en',
  data: asked.data as AskedMail['data'],
  template: of as unknown as MailTemplate,
});

/** `when(AddressGiven, ({ data }) => mail(verification, { … }))`; undefined: nobody is written to about this one. */
type Asking = <const Es extends readonly EventDeclaration[]>(
  ...named: readonly [...Es, (event: Recorded<Es[number]>) => AskedMail | undefined]
) => Handling<Es[number]>;

/** Which events of a context people are written to about. */
export interface MailTable {
  readonly events: readonly EventDeclaration[];
  /** @throws what the declaration throws */
  asks(event: RecordedEvent): AskedMail | undefined;
}

/** Declares the mails of a context: at most one for an event. @param owner the context's name */
export function mailTable(owner: string, on: (when: Asking) => readonly Handling[]): MailTable {
  const handlers = handlersOf<(event: RecordedEvent) => AskedMail | undefined>(
    `the mails of ${owner}`,
    on(when as Asking),
  );
  return { events: handlers.events, asks: (event) => handlers.of(event.type)?.(event) };
}

/** The same for the same recipient, template and event, for ever: by it a mail is taken once, and known again where it arrives twice. */
export const mailId = (person: PersonId, { name }: Pick<MailTemplate, 'name'>, eventId: string): string =>
  derivedId('mail', person, name, eventId);
