import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnError, type SmtpFailure } from '#engines/mail/session.ts';
import { openingWords, sendingWords } from '#engines/mail/words.ts';

const answered = (response: string, command = 'RCPT TO'): SmtpFailure =>
  Object.assign(new Error(`Can't send mail to zanzibar.quixote@quixote.name: ${response}`), {
    ...{ response, command, code: 'EENVELOPE', responseCode: Number.parseInt(response, 10) },
  });

/** However a server spells a recipient. */
const spellings: readonly string[] = [
  'zanzibar.quixote@quixote.name',
  'mailbox jo',
  'quixote.name not found',
  'zanzibar.quixote%quixote.name',
  'Zanzibar Quixote, call +44 7700 900123',
  'rfc822;zanzibar.quixote+40quixote.name',
  'https://x.example/?rcpt=emFuemliYXIucXVpeG90ZUBxdWl4b3RlLm5hbWU=',
  'zanzibar=2Equixote=40quixote=2Ename',
  'ZANZIBAR.QUIXOTE\r\n550 5.1.1 at quixote.name',
];

test('of what is said of a recipient nothing is kept but its codes, and a sentence of ours', () => {
  for (const spelling of spellings)
    for (const command of ['RCPT TO', 'DATA', 'RSET', 'CONN']) {
      assert.equal(
        sendingWords(answered(`550 5.1.1 ${spelling}`, command)),
        '550 5.1.1: there is no such mailbox',
      );
      assert.equal(
        sendingWords(answered(`451-${spelling}`, command)),
        '451: the server is in trouble, or wants it later',
      );
    }
});

test('codes are told as they are: what only looks like one is none', () => {
  const told: Readonly<Record<string, string>> = {
    '550 5.7.606 banned': '550 5.7.606: a rule of the server forbids it',
    '450 4.2.2 over quota': '450 4.2.2: the mailbox is full',
    '550-5.1.10 null MX': '550 5.1.10: the domain takes no mail',
    '550 4.1.1 of two classes': '550: the mailbox is not to be had',
    '550 5.1.1234567 digits': '550: the mailbox is not to be had',
    '550 5.1.1.77 a host': '550: the mailbox is not to be had',
    '599 whatever': '599',
    'zanzibar 550 5.1.1': 'the addresses are not taken',
    '': 'the addresses are not taken',
  };
  for (const [said, words] of Object.entries(told)) assert.equal(sendingWords(answered(said)), words, said);
  assert.equal(
    sendingWords(answered('550 5.1.8 no-reply@auctions.example', 'MAIL FROM')),
    '550 5.1.8: our own address is not taken, or too much is sent by it',
  );
});

test('a failure without an answer is told in our words, never in those of a library', () => {
  assert.equal(sendingWords(new OwnError('sending took longer than 5 ms')), 'sending took longer than 5 ms');
  assert.equal(sendingWords(new Error('Invalid recipient "zanzibar"')), 'sending was broken off');
  const lost = Object.assign(new Error('read ECONNRESET zanzibar'), { code: 'ESOCKET' });
  assert.equal(sendingWords(lost), 'the connection is broken');
});

test('what is said while a connection is opened is kept, without addresses and what lets us in', () => {
  const credentials = { username: 'annals', password: 'p4ss' };
  assert.equal(
    openingWords(
      answered('535 5.7.8 no annals with p4ss, ask <postmaster@mail.example>', 'AUTH PLAIN'),
      credentials,
    ),
    '535 5.7.8 no *** with ***, ask <***>',
  );
  assert.equal(openingWords(new Error('connect ECONNREFUSED')), 'connect ECONNREFUSED');
});
