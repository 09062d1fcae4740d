import assert from 'node:assert/strict';
import { test } from 'node:test';
import { argon2Cost, isOutdated, phcOf, verifierOf } from '#write-side/identity/passwords/verifier.ts';

const made = { ...argon2Cost, salt: Buffer.alloc(16, 1), tag: Buffer.alloc(32, 2) };
const phc = phcOf(made);

test('a verifier is written as other tools write it, and read again', () => {
  assert.match(phc, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.deepEqual(verifierOf(phc), made);
});

const refused: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['another algorithm', phc.replace('argon2id', 'argon2i')],
  ['another version', phc.replace('v=19', 'v=16')],
  ['more memory than we give', phc.replace('m=19456', 'm=999999')],
  ['more passes', phc.replace('t=2', 't=11')],
  ['no passes', phc.replace('t=2', 't=0')],
  ['more lanes', phc.replace('p=1', 'p=9')],
  ['less memory than its lanes need', phc.replace('m=19456', 'm=7')],
  ['no tag', phc.slice(0, phc.lastIndexOf('$'))],
  ['more than a verifier has', `${phc}$${'A'.repeat(300)}`],
  ['padding', `${phc}=`],
];
for (const [what, text] of refused)
  test(`no verifier of ours: ${what}`, () => assert.equal(verifierOf(text), undefined));

test('one of other cost, salt or tag is out of date', () => {
  assert.equal(isOutdated(made, argon2Cost), false);
  assert.equal(isOutdated({ ...made, passes: 3 }, argon2Cost), true);
  assert.equal(isOutdated({ ...made, memoryKib: 12_288 }, argon2Cost), true);
  assert.equal(isOutdated({ ...made, lanes: 2 }, argon2Cost), true);
  assert.equal(isOutdated({ ...made, salt: Buffer.alloc(8) }, argon2Cost), true);
  assert.equal(isOutdated({ ...made, tag: Buffer.alloc(16) }, argon2Cost), true);
});
