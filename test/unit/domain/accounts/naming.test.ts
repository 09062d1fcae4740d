import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loginOf } from '#domain/accounts/login/naming.ts';
import { read } from '#write-side/accounts/pages/entered.ts';
import { en } from '#write-side/accounts/pages/texts/en.ts';

// An address is one person's in whatever spelling: what they type, what their browser makes of it, and what servers of mail call it.

const named = (email: string) => loginOf(email, (kind, text) => `${kind} ${text}`);
const entered = (email: string) => {
  const outcome = read({ email }, ['email'], en);
  return 'values' in outcome ? outcome.values.email : undefined;
};

test('a domain with letters of its own is known by the form in which mails find it', () => {
  const same = 'ann@xn--mnchen-3ya.example';
  for (const spelled of [
    'ann@m\u00fcnchen.example',
    'Ann@M\u00dcNCHEN.example',
    'ann@mu\u0308nchen\u3002example',
    same,
  ]) {
    assert.equal(named(spelled)?.email, same, spelled);
    assert.equal(named(spelled)?.name, `login ${same}`);
    assert.equal(entered(` ${spelled} `)?.toLowerCase(), same, spelled);
  }
  assert.equal(named('ann@\u0440\u0444.\u0440\u0444')?.email, 'ann@xn--p1ai.xn--p1ai');
});

test('what is no domain becomes none, and what stands before the @ stays as it is', () => {
  for (const wrong of [
    ...[
      '\u043f@\u0440\u0444.\u0440\u0444',
      'ann@m\u00fcnchen.example:25',
      'ann@m\u00fcnchen.example/x',
      'ann@m\u00fcnchen.example?x',
    ],
    ...[
      'ann@m\u00fc%6echen.example',
      'ann@m\u00fcnchen.example\uff0fx',
      'ann@m\u00fcnchen',
      'ann@\u200b',
      'm\u00fcnchen.example',
      `ann@${'\u00fc'.repeat(300)}.example`,
    ],
    ...[
      'ann@m\u00fc nchen.example',
      'ann@m\u00fcnchen.example#x',
      'ann@b.example@m\u00fcnchen.example',
      'ann@[m\u00fc.example]',
    ],
  ]) {
    assert.equal(named(wrong), undefined, wrong);
    assert.equal(entered(wrong), undefined, wrong);
  }
  assert.equal(named('Ann+1@mail.example')?.email, 'ann+1@mail.example');
  assert.equal(entered('Ann@Mail.example'), 'Ann@Mail.example');
});
