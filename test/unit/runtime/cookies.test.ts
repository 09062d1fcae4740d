import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cookiesOf } from '#runtime/cookies.ts';

const read = (cookie?: string) => [...cookiesOf({ headers: cookie === undefined ? {} : { cookie } })];

test('cookies are read in their order, of one name the first, and what is none is passed over', () => {
  assert.deepEqual(read(), []);
  assert.deepEqual(read(';; =; a'), [['', '']]);
  assert.deepEqual(read('b=1; a="2" ;b=3; constructor=4;c=d=e'), [
    ['b', '1'],
    ['a', '2'],
    ['constructor', '4'],
    ['c', 'd=e'],
  ]);
});
