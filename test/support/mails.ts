import { z } from 'zod';
import { temporaryPersonKeys } from '#compose/person-keys.ts';
import { memoryStores } from '#compose/stores.ts';
import { decider, forget } from '#domain/kernel/decider.ts';
import { PersonId } from '#domain/kernel/ids.ts';
import { mail, mailTable, template } from '#domain/kernel/mails.ts';
import { command, event } from '#domain/kernel/message.ts';
import { personalInput, personalText } from '#domain/kernel/personal.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import { Language, type Mailer } from '#domain/kernel/ports/mail.ts';
import type { Context } from '#domain/kernel/registry.ts';
import { stream } from '#domain/kernel/stream.ts';
import { someText } from '#domain/kernel/text.ts';
import { steadyClock } from '#engines/clock/steady.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { eventFeed } from '#engines/event-feed/feed.ts';
import { sqliteMailLedger } from '#engines/mail/ledger/ledger.ts';
import { type MailsOptions, startMails } from '#sagas/mails/mails.ts';
import { noHouse } from './house.ts';
import { givenPlatform, someone } from './platform.ts';

// A context as small as one can be about which people are written to: streams `member-<person>`, of people who have joined a club.

const of = { of: 'person' } as const;
export const Joined = event('Joined', {
  version: 1,
  description: 'Somebody has joined.',
  data: {
    person: PersonId,
    ...{ address: personalText(of), name: personalText(of) },
    language: Language.optional(),
    year: z.int(),
  },
});
const Waved = event('Waved', {
  version: 1,
  description: 'Somebody is greeted again.',
  data: { person: PersonId, address: personalText(of), times: z.int() },
});
export const Join = command('Join', {
  description: 'Joins.',
  from: ['bidder'],
  data: {
    person: PersonId,
    address: personalInput(z.string().max(300), of),
    name: personalInput(someText(200), of),
    language: Language.optional(),
  },
  stream: stream('member', ({ person }: { person: string }) => person),
});
export const Wave = command('Wave', {
  description: 'Greets again.',
  from: ['bidder'],
  data: { person: PersonId },
  stream: stream('member', ({ person }: { person: string }) => person),
});
const member = decider({
  stream: stream('member', ({ person }: { person: string }) => person),
  events: [Joined, Waved],
  commands: [Join, Wave],
  stateVersion: 1,
  initial: { address: undefined as ReturnType<typeof Joined>['data']['address'] | undefined, times: 0 },
  evolve: ({ address, times }, { type, data }) =>
    type === 'Joined' ? { address: data.address, times } : { address, times: times + 1 },
  decide: {
    Join: ({ person, address, name, language }) => [
      Joined({ person, address, name, year: 2026, ...(language !== undefined && { language }) }),
    ],
    Wave: ({ person }, { address, times }) =>
      address === undefined ? [] : [Waved({ person, address, times: times + 1 })],
  },
});
export const club: Context = {
  name: 'club',
  description: 'People who join.',
  events: [Joined, Waved],
  commands: [Join, Wave],
};

type Welcome = { readonly name: string; readonly year: number };
const welcoming =
  (subject: string, words: (data: Welcome) => string, label: string) =>
  (
    data: Welcome,
    facts: { publicUrl: string; eventId: string; nameOf(kind: string, text: string): string },
  ) => ({
    subject: `${subject}, ${data.name}`,
    parts: [
      { text: words(data) },
      {
        link: `${facts.publicUrl}/verify?event=${facts.eventId}&mac=${facts.nameOf('link', facts.eventId)}`,
        label,
      },
      { code: '123 456' },
    ],
  });
const welcome = template<Welcome>('welcome', {
  en: welcoming('Welcome', ({ name, year }) => `${name} is with us since ${year}.`, 'Confirm your address'),
  fr: welcoming(
    'Bienvenue',
    ({ name, year }) => `${name} est des nôtres depuis ${year}.`,
    'Confirmer votre adresse',
  ),
  ru: welcoming(
    'Добро пожаловать',
    ({ name, year }) => `${name} с нами с ${year} года.`,
    'Подтвердить адрес',
  ),
});
const again = ({ times }: { readonly times: number }) => ({
  subject: `Hello ${times}`,
  parts: [{ text: 'Hello again.' }],
});
const greeting = template<{ readonly times: number }>('greeting', { en: again, fr: again, ru: again });

export const clubMails = mailTable('club', (when) => [
  when(Joined, ({ data: { person, address, name, year, language } }) =>
    mail(welcome, { to: person, address, language, data: { name, year } }),
  ),
  when(Waved, ({ data: { person, address, times } }) =>
    mail(greeting, { to: person, address, data: { times } }),
  ),
]);

/** What outlives a process: a history, keys, what was made of the history, and the file of the mails. */
export function givenClub(file: string) {
  const keys = temporaryPersonKeys();
  const stores = memoryStores();
  const { store } = stores;
  const platform = givenPlatform({ contexts: [club], deciders: [forget(member)], store, personKeys: keys });
  let { readStore } = stores;
  let processes = 0;
  return {
    keys,
    store,
    join: (person: string, more: { address?: string; name?: string; language?: Language } = {}) => {
      const data = { person, address: `${person}@mail.example`, name: `Name of ${person}`, ...more };
      return platform.pipeline.dispatch({
        ...{ command: 'Join', data, commandId: `join-${person}`, actor: someone(person, 'bidder') },
        origin: { channel: 'http' },
      });
    },
    wave: (person: string, id: string) =>
      platform.pipeline.dispatch({
        ...{ command: 'Wave', data: { person }, commandId: id, actor: someone(person, 'bidder') },
        origin: { channel: 'http' },
      }),
    /** Checkpoints are lost, and whatever else is made again from the history. */
    loseReadStore() {
      readStore = memoryStores().readStore;
    },
    /** What a process needs that sends mails, and how its tail of the history is ended behind it. */
    process(mailer: Pick<Mailer, 'send'>, more: Partial<MailsOptions> = {}) {
      processes += 1;
      const clock = steadyClock();
      const feed = eventFeed(store, { clock });
      const { consumers } = readStore;
      const { registry } = platform;
      const owner = `process-${processes}`;
      const loop = { feed, store, consumers, registry, clock, owner, isHeir: true, leaseMs: 500 };
      const options: MailsOptions = {
        ...{ tables: [clubMails], mailer, store, consumers, registry, keys, clock, log: noLog },
        ledger: sqliteMailLedger(file, () => clock.now()),
        ...{ consume: consumerLoop(loop), domain: 'auctions.example' },
        publicUrl: () => 'https://auctions.example',
        house: noHouse,
        limits: { firstPauseMs: 20, longestPauseMs: 200, graceMs: 50 },
        ...more,
      };
      return { options, close: () => feed.close() };
    },
    /** Such a process; it stops only when it is asked to. */
    async start(...given: Parameters<typeof this.process>) {
      const { options, close } = this.process(...given);
      const mails = await startMails(options);
      return {
        ...mails,
        async stop() {
          await mails.stop();
          await close();
        },
      };
    },
  };
}
