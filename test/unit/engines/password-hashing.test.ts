import assert from 'node:assert/strict';
import { argon2Sync } from 'node:crypto';
import { test } from 'node:test';
import type { Argon2Work } from '#domain/kernel/ports/password-hashing.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { hashingLimits, threadedHashing } from '#engines/password-hashing/hashing.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const work = (change: Partial<Argon2Work> = {}): Argon2Work => ({
  secret: Buffer.from('password'),
  salt: Buffer.from('somesalt'),
  tagBytes: 32,
  memoryKib: 256,
  passes: 2,
  lanes: 1,
  ...change,
});
const isRejected = (code: string) => (error: unknown) =>
  error instanceof RejectedError && error.rejection.code === code;

test('the argon2id of the runtime is that of RFC 9106, 5.3', () => {
  const tag = argon2Sync('argon2id', {
    message: Buffer.alloc(32, 1),
    nonce: Buffer.alloc(16, 2),
    secret: Buffer.alloc(8, 3),
    associatedData: Buffer.alloc(12, 4),
    parallelism: 4,
    tagLength: 32,
    memory: 32,
    passes: 3,
  });
  assert.equal(hex(tag), '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659');
});

test('threads work out what the reference implementation does', async () => {
  const hashing = threadedHashing({ ...hashingLimits, threads: 2 });
  try {
    const tags = await Promise.all([
      hashing.argon2id(work()),
      hashing.argon2id(work({ lanes: 2 })),
      hashing.argon2id(work({ memoryKib: 65_536 })),
      hashing.argon2id(work({ secret: Buffer.from('differentpassword'), memoryKib: 65_536 })),
    ]);
    assert.deepEqual(tags.map(hex), [
      '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe',
      '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037',
      '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7',
      '0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde',
    ]);
  } finally {
    await hashing.close();
  }
});

test('what argon2 cannot do is an error of the one who asked, and of nobody else', async () => {
  const hashing = threadedHashing({ ...hashingLimits, threads: 1 });
  try {
    const [bad, good] = await Promise.allSettled([
      hashing.argon2id(work({ memoryKib: 1 })),
      hashing.argon2id(work()),
    ]);
    assert.equal(bad.status, 'rejected');
    assert.equal(good.status, 'fulfilled');
  } finally {
    await hashing.close();
  }
});

test('so many wait, and who comes then is told when to come again', async () => {
  const hashing = threadedHashing({ ...hashingLimits, threads: 1, waiting: 3, retryAfterMsEach: 50 });
  try {
    const asked = Array.from({ length: 6 }, () => hashing.argon2id(work()));
    const outcomes = await Promise.allSettled(asked);
    // One is worked at, three wait.
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      [...Array(4).fill('fulfilled'), 'rejected', 'rejected'],
    );
    const last = outcomes.at(-1);
    assert.ok(last?.status === 'rejected' && isRejected('overloaded')(last.reason));
    assert.deepEqual((last.reason as RejectedError).rejection.details, { retryAfterMs: 150 });
    assert.equal(hex(await hashing.argon2id(work())).slice(0, 8), '9dfeb910', 'there is room again');
  } finally {
    await hashing.close();
  }
});

test('whoever waits when it is closed is told so, and who comes later', async () => {
  const hashing = threadedHashing({ ...hashingLimits, threads: 1 });
  const asked = Array.from({ length: 4 }, () => hashing.argon2id(work({ memoryKib: 65_536, passes: 10 })));
  const outcomes = Promise.allSettled(asked);
  await hashing.close();
  for (const outcome of await outcomes)
    assert.ok(outcome.status === 'rejected' && isRejected('unavailable')(outcome.reason));
  await assert.rejects(hashing.argon2id(work()), isRejected('unavailable'));
});
