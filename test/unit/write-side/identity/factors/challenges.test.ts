import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { seededBytes } from '#test/support/seeded.ts';
import { challenges } from '#write-side/identity/factors/challenges.ts';

const NOW = Date.UTC(2026, 2, 1);
const limits = { lastsMs: 1_000, used: 3 };
const ann = { purpose: 'stepUp', holder: 'ann' } as const;
const given = () => challenges(seededBytes(1), limits);
const text = (challenge: Uint8Array): string => Buffer.from(challenge).toString('base64url');

test('one that was issued is taken, once', () => {
  const all = given();
  const challenge = text(all.issue(ann, NOW));
  assert.equal(all.take(challenge, ann, NOW + 999), true);
  assert.equal(all.take(challenge, ann, NOW + 999), false);
  assert.equal(all.take(`${challenge}=`, ann, NOW + 999), false, 'nor in another spelling');
});

test('it is of its person, its purpose and its time', () => {
  const all = given();
  const challenge = text(all.issue(ann, NOW));
  assert.equal(all.take(challenge, { ...ann, holder: 'bob' }, NOW), false);
  assert.equal(all.take(challenge, { ...ann, purpose: 'signIn' }, NOW), false);
  assert.equal(all.take(challenge, { ...ann, purpose: 'registration' }, NOW), false);
  assert.equal(all.take(challenge, ann, NOW + 1_000), false);
  assert.equal(all.take(challenge, ann, NOW), true, 'and none of these has used it up');
});

test('nobody makes one, or makes one last longer', () => {
  const all = given();
  const challenge = Buffer.from(all.issue(ann, NOW));
  for (const at of challenge.keys()) {
    const forged = Buffer.from(challenge);
    forged[at] = (forged[at] ?? 0) ^ 1;
    assert.equal(all.take(text(forged), ann, NOW), false, `byte ${at}`);
  }
  for (const none of ['', 'AAAA', text(Buffer.alloc(38)), 'A'.repeat(1_000_000)])
    assert.equal(all.take(none, ann, NOW), false);
  assert.equal(challenges(seededBytes(2), limits).take(text(challenge), ann, NOW), false, 'another process');
});

test('two are never the same', () => {
  const all = given();
  assert.notEqual(text(all.issue(ann, NOW)), text(all.issue(ann, NOW)));
});

test('so many answers are remembered, and room is made as their time ends', () => {
  const all = given();
  const issued = Array.from({ length: 4 }, () => text(all.issue(ann, NOW)));
  for (const challenge of issued.slice(0, 3)) assert.equal(all.take(challenge, ann, NOW), true);
  assert.throws(
    () => all.take(issued[3] ?? '', ann, NOW),
    (error) => error instanceof RejectedError && error.rejection.code === 'overloaded',
  );
  const later = text(all.issue(ann, NOW + 1_000));
  assert.equal(all.take(later, ann, NOW + 1_000), true);
});
