import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Letter } from '#domain/kernel/mails.ts';
import { mail, mailTable, template } from '#domain/kernel/mails.ts';
import type { PersonalText } from '#domain/kernel/personal.ts';
import { rendered } from '#sagas/mails/rendering.ts';
import { tablesOf } from '#sagas/mails/writing.ts';
import { noHouse } from '#test/support/house.ts';
import { clubMails, Joined } from '#test/support/mails.ts';

const letter: Letter = {
  subject: 'Confirm "you" & <me>',
  parts: [
    { text: 'Hello <b>Ann</b>,\nhow\r\nare you?' },
    { link: 'https://auctions.example/verify?a=1&b="2"', label: 'Confirm <now>' },
    { code: '123 456' },
  ],
};

test('a letter reads the same as plain text and as a page, and the page can be read by everybody', () => {
  for (const [language, closing] of [
    ['en', 'automatically'],
    ['fr', 'automatiquement'],
    ['ru', 'автоматически'],
  ] as const) {
    const { subject, text, html } = rendered(letter, language, noHouse);
    assert.equal(subject, 'Confirm "you" & <me>');
    assert.match(
      text,
      /^Hello <b>Ann<\/b>, how are you\?\n\nConfirm <now>:\nhttps:\/\/auctions\.example\/verify\?a=1&b=%222%22\n\n123 456\n\n-- \n/,
    );
    assert.ok(text.includes(closing) && html.includes(closing), language);
    assert.match(html, new RegExp(`^<!doctype html><html lang="${language}">`));
    assert.match(html, /<title>Confirm &quot;you&quot; &amp; &lt;me&gt;<\/title>/);
    assert.equal([...html.matchAll(/<h1>/g)].length, 1);
    assert.match(html, /<p>Hello &lt;b&gt;Ann&lt;\/b&gt;, how are you\?<\/p>/);
    assert.match(
      html,
      /<a href="https:\/\/auctions\.example\/verify\?a=1&amp;b=%222%22">Confirm &lt;now&gt;<\/a>/,
    );
    assert.match(html, /prefers-color-scheme:dark/);
    assert.doesNotMatch(html, /<(script|img|table)|src=|url\(/, 'nothing is fetched by whoever opens it');
  }
});

test('a mail ends with the house and where it is reached, on lines of their own, where somebody has said so', () => {
  const house = { name: 'Vente & Fils <1>', contact: 'hello@vente.example, +33 1 23' };
  const last = (of: typeof noHouse, language: 'en' | 'fr') =>
    rendered(letter, language, of).text.split('\n-- \n')[1];
  const automatic = 'This message was sent automatically: nobody reads answers to it.\n';
  assert.equal(last(noHouse, 'en'), automatic);
  assert.equal(
    last(house, 'en'),
    `${house.name}\n${automatic}Questions? You reach us here: ${house.contact}\n`,
  );
  assert.match(last(house, 'fr') ?? '', /Des questions\u00a0\? Vous pouvez nous joindre ici\u00a0: hello@/);
  assert.match(rendered(letter, 'en', house).html, /<footer><p><small>Vente &amp; Fils &lt;1&gt;<\/small>/);
});

test('a link leads to a page, and nowhere else', () => {
  for (const link of ['javascript:alert(1)', '/verify', 'https://a.example/ b', 'data:text/html,x', ''])
    assert.throws(
      () => rendered({ subject: 's', parts: [{ link, label: 'l' }] }, 'en', noHouse),
      TypeError,
      link,
    );
});

test('what people write makes no subject of two lines, and none that is too long', () => {
  const { subject } = rendered(
    { subject: `a\r\nBcc: b\u2028c${'😀'.repeat(300)}`, parts: [] },
    'en',
    noHouse,
  );
  assert.match(subject, /^a Bcc: b c😀+$/u);
  assert.ok(subject.length <= 200 && subject.isWellFormed());
});

test('an event is one table’s, and a template has a name that lasts', () => {
  assert.throws(() => tablesOf([clubMails, clubMails]), /take one event/);
  assert.throws(() => template('Not so', {} as never), TypeError);
  const twice = template<{ name: string }>('twice', {} as never);
  const asking = ({ data }: { data: { person: string; address: PersonalText } }) =>
    mail(twice, { to: data.person, address: data.address, data: { name: 'x' } });
  assert.throws(
    () => mailTable('club', (when) => [when(Joined, asking), when(Joined, asking)]),
    /handles Joined twice/,
  );
});
