import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { tokenOf } from '#domain/kernel/token.ts';
import { cursorPosition } from '#read-api/feeds/feed.ts';

const history = { store: { epoch: 'e1', head: async () => 7n } };

/** The code that a cursor is refused with. */
const refusal = async (cursor: string): Promise<string> => {
  try {
    await cursorPosition(history, cursor);
  } catch (error) {
    if (error instanceof RejectedError) return error.rejection.code;
    throw error;
  }
  return 'taken';
};

test('a cursor is taken up to the end of the history', async () => {
  assert.equal(await cursorPosition(history, undefined), undefined);
  for (const position of [0n, 3n, 7n])
    assert.equal(await cursorPosition(history, tokenOf('e1', position)), position);
});

test('one behind the end stands for what the history has lost, and is another history’s', async () => {
  assert.equal(await refusal(tokenOf('e1', 8n)), 'other_history');
  assert.equal(await refusal(tokenOf('e2', 3n)), 'other_history');
  assert.equal(await refusal('nonsense'), 'invalid');
});
