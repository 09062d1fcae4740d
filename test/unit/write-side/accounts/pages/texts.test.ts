import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registry } from '#compose/contexts.ts';
import { WalletsOpen } from '#domain/accounts/account/messages.ts';
import { rejection } from '#domain/kernel/message.ts';
import { Language } from '#domain/kernel/ports/mail.ts';
import { commonRejections, TooManyAttempts } from '#domain/kernel/rejections.ts';
import { languageOf, momentIn, texts, waitIn } from '#write-side/accounts/pages/languages.ts';
import { sentenceOf } from '#write-side/accounts/pages/refusals.ts';
import { pageCommands } from '#write-side/accounts/pages/signed-in.ts';

type Told = string | readonly Told[] | ((...values: never[]) => string) | { readonly [name: string]: Told };

/** Every text by its place; a function is called with marks that have to stand in what it says. */
function textsIn(
  told: Told,
  place: string,
  marks: (count: number) => readonly (string | number)[],
): [string, string][] {
  if (typeof told === 'string') return [[place, told]];
  if (typeof told === 'function')
    return [[place, (told as (...values: readonly (string | number)[]) => string)(...marks(told.length))]];
  return Object.entries(told).flatMap(([name, inside]) => textsIn(inside, `${place}.${name}`, marks));
}
const MARKS = [17, 23];
const marked = (count: number) => MARKS.slice(0, count);
const placesIn = (language: Language) => new Map(textsIn(texts[language] as Told, '', marked));

for (const language of Language.options)
  test(`${language} says everything that English says, about the same`, () => {
    const english = placesIn('en');
    const said = placesIn(language);
    assert.ok(english.size > 250, 'the texts were found');
    assert.deepEqual([...said.keys()], [...english.keys()]);
    for (const [place, text] of said) {
      assert.notEqual(text.trim(), '', place);
      assert.equal(text, text.trim(), `${place} has blanks around it`);
      for (const mark of MARKS)
        assert.equal(
          text.includes(String(mark)),
          english.get(place)?.includes(String(mark)),
          `${place}: ${text}`,
        );
      assert.doesNotMatch(text, /undefined|\$\{|\[object/, place);
      assert.doesNotMatch(text, /[<>]/, `${place} is a text and no HTML`);
    }
  });

test('each language is written in its own letters', () => {
  // Of names, of addresses, and of what has no other word.
  const others = /JSON|JavaScript|PIN|mail\.example|ann@|anna@/g;
  for (const [place, text] of placesIn('ru')) assert.match(text, /\p{Script=Cyrillic}/u, `${place}: ${text}`);
  for (const [place, text] of placesIn('ru'))
    assert.doesNotMatch(text.replaceAll(others, ''), /[A-Za-z]{3}/, place);
  for (const language of ['en', 'fr'] as const)
    for (const [place, text] of placesIn(language)) assert.doesNotMatch(text, /\p{Script=Cyrillic}/u, place);
});

test('whoever is erased is promised no more than is done: a copy of the keys opens what it opened', () => {
  const keys = { en: /backup of the keys/, fr: /sauvegarde des clés/, ru: /копия ключей/ };
  const everybody = /by nobody|no backup|par personne|à jamais|не может прочитать никто|навсегда/;
  for (const language of Language.options) {
    const { why, what, doneWhy } = texts[language].erase;
    const said = [why, ...what, doneWhy].join('\n');
    assert.match(said, keys[language]);
    assert.doesNotMatch(said, everybody);
  }
});

test('French puts spaces before its signs at which no line ends', () => {
  const french = [...placesIn('fr')];
  for (const [place, text] of french) assert.doesNotMatch(text, / [?!;:»]|« /, `${place}: ${text}`);
  assert.ok(french.filter(([, text]) => /[\u00a0\u202f][?!;:»]/.test(text)).length > 20);
});

test('counts are said by the rules of each language', () => {
  const said = (language: Language, count: number) => texts[language].security.recoveryLeft(count);
  assert.match(said('en', 1), /1 recovery code left/);
  assert.match(said('en', 2), /2 recovery codes left/);
  assert.match(said('fr', 1), /1 code de secours\./);
  assert.match(said('fr', 2), /2 codes de secours\./);
  assert.match(said('ru', 1), /остался 1 резервный код\./);
  assert.match(said('ru', 3), /осталось 3 резервных кода\./);
  assert.match(said('ru', 5), /осталось 5 резервных кодов\./);
  assert.match(said('ru', 21), /остался 21 резервный код\./);
});

test('waits are said in whole units, never too short', () => {
  assert.equal(waitIn('en', 1), 'in 1 second');
  assert.equal(waitIn('en', 61_001), 'in 62 seconds');
  assert.equal(waitIn('en', 100_001), 'in 2 minutes');
  assert.equal(waitIn('fr', 300_000), 'dans 5 minutes');
  assert.equal(waitIn('ru', 300_000), 'через 5 минут');
  assert.equal(waitIn('ru', 180_000), 'через 3 минуты');
  assert.equal(waitIn('en', 86_400_000), 'in 24 hours');
});

test('moments say in which time they are', () => {
  for (const language of Language.options)
    assert.match(momentIn(language, '2026-03-01T12:05:00.000Z'), /2026.*12:05.* UTC$/, language);
});

const asking = (headers: Record<string, string>, url = '/account') => languageOf({ url, headers });

test('what was asked for comes before what was chosen, that before what the browser says, and English last', () => {
  const accept = { 'accept-language': 'de, ru;q=0.8, en;q=0.5' };
  assert.equal(asking({}), 'en');
  assert.equal(asking({ 'accept-language': 'de' }), 'en');
  assert.equal(asking({ 'accept-language': '*' }), 'en');
  assert.equal(asking({ 'accept-language': 'ru-RU, fr;q=0.1' }), 'ru');
  assert.equal(asking(accept), 'ru');
  assert.equal(asking({ ...accept, cookie: 'a=b; annals_language=fr' }), 'fr');
  assert.equal(asking({ ...accept, cookie: 'annals_language=fr' }, '/account?lang=en'), 'en');
  assert.equal(asking({ ...accept, cookie: 'annals_language=xx' }, '/account?lang=__proto__'), 'ru');
});

const NOW = '2026-03-01T12:00:00.000Z';

test('a rejection is a sentence of the reader’s language, and says when to come again', () => {
  const tooMany = TooManyAttempts({ retryAfterMs: 300_000 });
  assert.match(sentenceOf(tooMany, 'en', NOW), /Try again in 5 minutes \(at 1 March 2026 at 12:05 UTC\)/);
  assert.match(sentenceOf(tooMany, 'ru', NOW), /через 5 минут/);
  for (const language of Language.options) {
    const unknown = rejection('never_heard_of', { message: 'In English.' })({});
    assert.equal(sentenceOf(unknown, language, NOW), texts[language].rejections.unknown);
    const named = rejection('constructor', { message: 'In English.' })({});
    assert.equal(sentenceOf(named, language, NOW), texts[language].rejections.unknown);
  }
});

test('why a password was not taken is said as it is', () => {
  const unfit = (details: object) =>
    sentenceOf({ rejected: true, code: 'password_refused', message: '', details }, 'en', NOW);
  assert.match(unfit({ problem: 'too_short', least: 15 }), /At least 15/);
  assert.match(unfit({ problem: 'common' }), /Many people/);
  assert.equal(unfit({}), texts.en.rejections.password_refused);
});

test('what anybody can meet on a page has words of its own', () => {
  // What only readers of feeds, senders of tokens or investigators meet is not met here.
  const elsewhere = new Set([
    'unauthenticated',
    'bad_signature',
    'not_found',
    'operation_unknown',
    'idempotency_mismatch',
  ]);
  for (const code of ['behind', 'other_history', 'parked', 'slow_consumer', 'internal']) elsewhere.add(code);
  for (const { code } of commonRejections)
    assert.equal(Object.hasOwn(texts.en.rejections, code), !elsewhere.has(code), code);
});

test('each no that a command of the pages can come to has words of its own in every language', () => {
  for (const name of pageCommands) {
    const { rejections } = registry.commands.get(name)?.command ?? assert.fail(`no ${name}`);
    for (const { code } of rejections)
      for (const language of Language.options)
        assert.ok(Object.hasOwn(texts[language].rejections, code), `${name}: ${code} in ${language}`);
  }
  const open = WalletsOpen({ currencies: ['EUR', 'USD'] });
  assert.match(sentenceOf(open, 'en', NOW), /open wallets \(EUR and USD\)/);
  assert.match(sentenceOf(open, 'fr', NOW), /\(EUR et USD\)/);
  assert.match(sentenceOf(open, 'ru', NOW), /\(EUR и USD\)/);
});
