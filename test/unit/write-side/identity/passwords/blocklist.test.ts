import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { passwordList } from '#test/support/password-list.ts';
import {
  BLOCKLIST_FILE,
  blocklistFile,
  blocklistIn,
  readBlocklist,
} from '#write-side/identity/passwords/blocklist.ts';

test('every password of the list is found, in whatever case', () => {
  const blocklist = readBlocklist();
  const list = passwordList();
  assert.ok(
    list.length > 480_000 && blocklist.size > 470_000,
    `${list.length} listed, ${blocklist.size} kept`,
  );
  assert.deepEqual(
    list.filter((password) => !blocklist.has(password)),
    [],
  );
  assert.deepEqual(
    list.slice(0, 1_000).filter((password) => !blocklist.has(password.toUpperCase())),
    [],
  );
});

test('hardly any other is', () => {
  const blocklist = readBlocklist();
  const others = Array.from({ length: 20_000 }, (_, at) => `${at} bottles of ${at * 7} litres`);
  const found = others.filter((password) => blocklist.has(password)).length;
  // One in ten thousand is expected: two. Twenty would be a list of other hashes.
  assert.ok(found < 20, `${found}`);
});

test('the file is what its origin makes', () => {
  assert.ok(readFileSync(BLOCKLIST_FILE).equals(blocklistFile(passwordList())), 'npm run blocklist');
});

test('a file that is cut is not believed', () => {
  const file = blocklistFile(['some password', 'another password']);
  assert.equal(blocklistIn(file).size, 2);
  assert.throws(() => blocklistIn(file.subarray(0, -2)), RangeError);
  assert.throws(() => blocklistIn(file.subarray(0, 100)), RangeError);
  assert.throws(() => blocklistIn(Buffer.concat([file, Buffer.alloc(2)])), RangeError);
});
