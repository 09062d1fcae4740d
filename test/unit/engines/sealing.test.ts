import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompactEncrypt, generateKeyPair } from 'jose';
import { joseSealing } from '#engines/sealing.ts';

const key = new Uint8Array(32).fill(1);
const sealing = joseSealing(key);
const bytes = (text: string) => new TextEncoder().encode(text);
const secret = '{"who":"ann","maximum":"4711"}';

test('what is sealed is opened by the same key alone, and says nothing', async () => {
  const [one, two] = [await sealing.seal(secret), await sealing.seal(secret)];
  assert.notEqual(one, two);
  assert.doesNotMatch(one, /ann|4711/);
  assert.match(one, /^[\x21-\x7e]+$/);
  assert.equal(await joseSealing(key).open(bytes(one)), secret);
  assert.equal(await joseSealing(new Uint8Array(32).fill(2)).open(bytes(one)), undefined);
});

test('what is sealed by the secret of somebody else, too, is opened by both together alone', async () => {
  const sealed = bytes(await sealing.under('theirs').seal(secret));
  assert.equal(await joseSealing(key).under('theirs').open(sealed), secret);
  const other = joseSealing(new Uint8Array(32).fill(2));
  for (const by of [sealing, sealing.under('another'), sealing.under(''), other.under('theirs')])
    assert.equal(await by.open(sealed), undefined);
  assert.equal(await sealing.under('theirs').open(bytes(await sealing.seal(secret))), undefined);
});

test('what is changed, cut off or made by others does not open', async () => {
  const sealed = await sealing.seal(secret);
  for (const at of sealed.split('').keys()) {
    // The last character of a part may say bits that nobody reads.
    if (/^(\.|$)/.test(sealed.slice(at + 1))) continue;
    const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
    assert.equal(await sealing.open(bytes(changed)), undefined, `${at}`);
  }
  const { publicKey } = await generateKeyPair('RSA-OAEP-256');
  const byOther = await new CompactEncrypt(bytes(secret))
    .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
    .encrypt(publicKey);
  for (const forged of [byOther, sealed.slice(0, -1), '', '....', 'e30.e30.e30.e30.e30', `${sealed}.`])
    assert.equal(await sealing.open(bytes(forged)), undefined, forged.slice(0, 40));
  assert.equal(await sealing.open(new Uint8Array([255, 254])), undefined);
});

test('a fingerprint is the same for the same bytes and key, and no plain hash', () => {
  const name = sealing.fingerprint(bytes('a'));
  assert.equal(name, joseSealing(key).fingerprint(bytes('a')));
  assert.equal(name.length, 43);
  assert.notEqual(name, sealing.fingerprint(bytes('b')));
  assert.notEqual(name, joseSealing(new Uint8Array(32).fill(2)).fingerprint(bytes('a')));
});

test('a key of another length is refused', () => {
  assert.throws(() => joseSealing(new Uint8Array(16)), TypeError);
});
