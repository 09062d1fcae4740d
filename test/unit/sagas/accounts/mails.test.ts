import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as a from '#domain/accounts/account/messages.ts';
import type { LetterFacts } from '#domain/kernel/mails.ts';
import type { NewEvent } from '#domain/kernel/message.ts';
import { Language } from '#domain/kernel/ports/mail.ts';
import { accountMails } from '#sagas/accounts/mails.ts';
import { rendered } from '#sagas/mails/rendering.ts';
import { loginNamed, sealedText } from '#test/support/accounts.ts';
import { NOW, recorded } from '#test/support/given.ts';
import { noHouse } from '#test/support/house.ts';
import { texts } from '#write-side/accounts/pages/languages.ts';

const p = { person: 'p-1' };
const [email, other] = [sealedText('p-1', 'now'), sealedText('p-1', 'before')];
const told = { ...p, email, language: 'ru' as const };
const login = loginNamed('next');
const text = sealedText('p-1', 'x');
const facts: LetterFacts = {
  ...{ publicUrl: 'https://annals.example', eventId: 'e1', recordedAt: NOW, person: p.person },
  isReachable: true,
  nameOf: (kind, named) => Buffer.from(`${kind}|${named}`).toString('base64url').padEnd(43, '_').slice(0, 43),
};

/** Each event that people are written to about, with the letter, whom it is to, and where its link leads. */
const letters: readonly (readonly [NewEvent, string, string?])[] = [
  [a.AccountRegistered({ ...told, login, verifier: text }), 'verify-address', '/account/verify'],
  [a.RegistrationReplaced({ ...told, login, verifier: text }), 'verify-address', '/account/verify'],
  [a.VerificationAsked({ ...told, login }), 'verify-address', '/account/verify'],
  [a.RegistrationAttempted(told), 'registration-attempted'],
  [a.PasswordResetAsked({ ...told, since: 'e1' }), 'password-reset', '/account/reset'],
  [a.VerifierChanged({ ...told, verifier: text, by: 'change' }), 'password-changed'],
  [a.VerifierChanged({ ...told, verifier: text, by: 'reset' }), 'password-changed'],
  [a.EmailChangeAsked({ ...told, login }), 'email-change-link', '/account/email'],
  [a.LockedOut({ ...told, until: NOW }), 'locked-out'],
  [a.TotpConfirmed({ ...told, step: 1 }), 'app-added'],
  [a.TotpRemoved(told), 'app-removed'],
  [a.PasskeyAdded({ ...told, passkey: 'k1', credential: text, counter: 0 }), 'passkey-added'],
  [a.PasskeyRemoved({ ...told, passkey: 'k1' }), 'passkey-removed'],
  [a.FactorsReset({ ...told, by: 'ada', cause: text }), 'factors-reset'],
  [a.RecoveryCodesMade({ ...told, codes: text, count: 10 }), 'recovery-codes-made'],
  [a.RecoveryCodesMade({ ...told, codes: text, count: 10, first: true }), 'first-recovery-codes'],
];

for (const [event, name, path] of letters)
  test(`${event.type} is told by ${name}, in every language`, () => {
    const asked = accountMails.asks(recorded(event)) ?? assert.fail('nobody is written to');
    assert.deepEqual(
      [asked.template.name, asked.to, asked.language, asked.address],
      [name, 'p-1', 'ru', email],
    );
    const subjects = new Set<string>();
    for (const language of Language.options) {
      const letter = asked.template.write[language](asked.data as Record<string, string>, facts);
      const mail = rendered(letter, language, noHouse);
      subjects.add(mail.subject);
      const link = /https:\S+/.exec(mail.text)?.[0];
      assert.equal(link && new URL(link).pathname, path);
      if (path !== undefined) assert.match(link ?? '', /\?token=p-1~[0-9a-z]+~[\w-]{43}$/);
    }
    assert.equal(subjects.size, Language.options.length);
  });

test('a link that proves an address goes with any password, and none is sent where one was a moment ago', () => {
  const bound = (event: NewEvent) => accountMails.asks(recorded(event))?.data.boundTo;
  const another = { ...text, eventId: 'e2' } as typeof text;
  const replaced = a.RegistrationReplaced({ ...told, login, verifier: another });
  for (const event of [
    a.AccountRegistered({ ...told, login, verifier: text }),
    a.VerificationAsked({ ...told, login }),
    replaced,
  ])
    assert.equal(bound(event), login, event.type);
  const quiet = a.RegistrationReplaced({ ...replaced.data, quiet: true });
  assert.equal(accountMails.asks(recorded(quiet)), undefined);
});

test('a changed address is told to the one before, and a verifier that was made anew to nobody', () => {
  const changed = { ...p, login, email, formerLogin: loginNamed('p-1'), formerEmail: other };
  const asked = accountMails.asks(recorded(a.EmailChanged(changed)));
  assert.deepEqual([asked?.template.name, asked?.address, asked?.language], ['email-changed', other, 'en']);
  assert.equal(
    accountMails.asks(recorded(a.VerifierChanged({ ...told, verifier: text, by: 'rehash' }))),
    undefined,
  );
  assert.equal(accountMails.asks(recorded(a.TotpRemoved(p))), undefined, 'of before there were mails');
});

const words = (event: NewEvent, language: Language, isReachable = true) => {
  const asked = accountMails.asks(recorded(event)) ?? assert.fail('nobody is written to');
  const letter = asked.template.write[language](asked.data as Record<string, string>, {
    ...facts,
    isReachable,
  });
  return letter.parts.flatMap((part) => ('text' in part ? part.text : [])).join('\n');
};

test('the first recovery codes void nothing, and their letter says nothing of any before', () => {
  const made = { ...told, codes: text, count: 10 };
  assert.match(words(a.RecoveryCodesMade(made), 'en'), /Those of before are void/);
  assert.doesNotMatch(words(a.RecoveryCodesMade({ ...made, first: true }), 'en'), /before|void/);
});

test('nobody is told to write to a house that has not said where, and what to press is called as the page calls it', () => {
  const address = { ...p, login, email, formerLogin: loginNamed('p-1'), formerEmail: other };
  const write = { en: /write to us/, fr: /écrivez-nous/, ru: /напишите нам/ };
  for (const language of Language.options) {
    for (const event of [a.TotpRemoved(told), a.VerifierChanged({ ...told, verifier: text, by: 'change' })]) {
      assert.match(words(event, language), write[language]);
      assert.doesNotMatch(words(event, language, false), write[language]);
      assert.ok(words(event, language, false).includes(texts[language].signIn.forgotten));
    }
    assert.match(words(a.EmailChanged(address), language), write[language]);
    assert.doesNotMatch(words(a.EmailChanged(address), language, false), write[language]);
    for (const event of [a.RegistrationAttempted(told), a.LockedOut({ ...told, until: NOW })])
      assert.ok(words(event, language).includes(texts[language].signIn.forgotten), event.type);
  }
  assert.match(words(a.EmailChangeAsked({ ...told, login }), 'en'), /with the password of that account/);
});
