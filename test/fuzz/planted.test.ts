import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from './fuzz.ts';

// The proof that the fuzzer finds what there is to find: the platform with one fault in it, behind one command.

/** Each command is met in turn: these are the first of every one. */
const CASES = 40;
const MEGABYTE = 1024 * 1024;
const planted: readonly (readonly [fault: string, finds: RegExp])[] = [
  ['throw', /case \d+ \(Transfer by rest\): answered 500[\s\S]*curl/],
  ['end', /the platform has ended: exit code 7|the platform has ended: exit code 1/],
  ['code', /computer_says_no is no code of the catalogue|answered 500|computer_says_no is not described/],
  ['money', /says 0 available where \d+ are booked/],
  ['leak', /its memory has come to \d+ bytes/],
];
for (const [fault, finds] of planted)
  test(`a fault of the kind "${fault}" is found`, async () => {
    const limits = { mostMemoryBytes: fault === 'leak' ? 512 * MEGABYTE : 2_048 * MEGABYTE };
    const { problems } = await fuzz({ cases: CASES, seed: 2, fault, behind: 'Transfer', ...limits });
    assert.match(problems.join('\n'), finds);
  });
