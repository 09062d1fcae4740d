import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Argon2Work, PasswordHashing } from '#domain/kernel/ports/password-hashing.ts';
import { hashingLimits, threadedHashing } from '#engines/password-hashing/hashing.ts';
import { seededBytes } from '#test/support/seeded.ts';
import { passwords } from '#write-side/identity/passwords/passwords.ts';
import { argon2Cost } from '#write-side/identity/passwords/verifier.ts';

/** Less than what is used: what is tested is which work is done, not how slow it is. */
const cost = { memoryKib: 64, passes: 1, lanes: 1 };
const PASSWORD = 'correct horse battery staple';

let hashing: PasswordHashing;
before(() => {
  hashing = threadedHashing({ ...hashingLimits, threads: 1 });
});
after(() => hashing.close());

/** The real hashing, with what was asked of it. */
function watched() {
  const asked: Argon2Work[] = [];
  const kept: PasswordHashing = {
    argon2id(work) {
      asked.push(work);
      return hashing.argon2id(work);
    },
    close: () => hashing.close(),
  };
  return { asked, of: passwords({ hashing: kept, random: seededBytes(1), cost }) };
}

test('the password is right, and any other is wrong', async () => {
  const { of } = watched();
  const verifier = await of.verifier(PASSWORD);
  assert.deepEqual(await of.verify(PASSWORD, verifier), { matches: true, outdated: false });
  for (const wrong of ['', `${PASSWORD} `, PASSWORD.toUpperCase(), 'correct horse'])
    assert.deepEqual(await of.verify(wrong, verifier), { matches: false, outdated: false }, wrong);
});

test('it is right in another spelling of the same', async () => {
  const { of } = watched();
  const verifier = await of.verifier('un caf\u00e9 s\u2019il vous plait');
  assert.equal((await of.verify('un cafe\u0301 s\u2019il vous plait', verifier)).matches, true);
});

test('two verifiers of one password have nothing in common', async () => {
  const { of } = watched();
  const [one, other] = [await of.verifier(PASSWORD), await of.verifier(PASSWORD)];
  assert.notEqual(one.split('$')[4], other.split('$')[4]);
  assert.notEqual(one.split('$')[5], other.split('$')[5]);
});

test('what the reference implementation has made is verified, and should be made anew', async () => {
  const { of } = watched();
  const foreign = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
  assert.deepEqual(await of.verify('password', foreign), { matches: true, outdated: true });
  assert.deepEqual(await of.verify('passwort', foreign), { matches: false, outdated: false });
});

test('a verifier of another cost says so', async () => {
  const dear = passwords({ hashing, random: seededBytes(1), cost: { ...cost, passes: 2 } });
  const { of } = watched();
  const verifier = await of.verifier(PASSWORD);
  assert.deepEqual(await dear.verify(PASSWORD, verifier), { matches: true, outdated: true });
});

test('for nobody the same work is done as for somebody, in vain', async () => {
  const { of, asked } = watched();
  const verifier = await of.verifier(PASSWORD);
  await of.verify(PASSWORD, verifier);
  for (const none of [
    undefined,
    '',
    'no verifier',
    '$argon2id$v=19$m=1,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAA',
  ])
    assert.deepEqual(await of.verify(PASSWORD, none), { matches: false, outdated: false });
  const work = asked.map(({ memoryKib, passes, lanes, tagBytes, salt }) => [
    memoryKib,
    passes,
    lanes,
    tagBytes,
    salt.length,
  ]);
  assert.equal(work.length, 6);
  assert.deepEqual(work, Array(6).fill([64, 1, 1, 32, 16]));
});

test('what no password can be is wrong for everybody, and costs nothing', async () => {
  const { of, asked } = watched();
  const verifier = await of.verifier(PASSWORD);
  asked.length = 0;
  for (const far of ['a'.repeat(1_000_000), 'half \ud800 a character'])
    for (const known of [verifier, undefined]) assert.equal((await of.verify(far, known)).matches, false);
  assert.equal(asked.length, 0);
  await assert.rejects(of.verifier('a'.repeat(257)), RangeError);
});

test('in use it costs 19 MiB and two passes', async () => {
  const of = passwords({ hashing, random: seededBytes(1) });
  assert.deepEqual(argon2Cost, { memoryKib: 19 * 1_024, passes: 2, lanes: 1 });
  assert.match(await of.verifier(PASSWORD), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});
