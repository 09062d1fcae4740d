import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentTypeOf, declaredLength, isEncoded } from '#runtime/headers.ts';

test('a content type is read without regard to case, UTF-8 unless it says otherwise', () => {
  const json = { type: 'application/json', charset: 'utf-8' };
  assert.deepEqual(contentTypeOf('Application/JSON; charset=UTF-8'), json);
  assert.deepEqual(contentTypeOf('application/json'), json);
  assert.equal(contentTypeOf('application/json; charset=latin1').charset, 'latin1');
  for (const none of [undefined, null, '']) assert.equal(contentTypeOf(none).type, '');
});

test('identity is no encoding, however it is written', () => {
  for (const plain of [undefined, null, 'identity', 'Identity']) assert.equal(isEncoded(plain), false);
  for (const coded of ['gzip', 'br', 'identity, gzip', '']) assert.equal(isEncoded(coded), true);
});

test('a length that cannot be meant is none', () => {
  assert.equal(declaredLength({ 'content-length': '12' }), 12);
  const huge = declaredLength({ 'content-length': '18446744073709551615' });
  assert.ok(huge !== undefined && huge > Number.MAX_SAFE_INTEGER, 'too long for anybody is told so at once');
  for (const said of [undefined, 'twelve', '-1', '1e400', '0x10', ''])
    assert.equal(declaredLength({ 'content-length': said }), undefined);
});
