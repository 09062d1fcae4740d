import assert from 'node:assert/strict';
import { test } from 'node:test';
import { turns } from '#runtime/turns.ts';

/** Turns whose afterwards comes when the test says so: as when the thread has looked at what came in. */
function given(limits: { readonly atWork: number; readonly waiting: number }) {
  const due: (() => void)[] = [];
  const taking = turns(limits, (work) => due.push(work));
  const begun: string[] = [];
  return {
    taking,
    begun,
    /** Takes a turn under a name, which is noted when the turn has come. */
    async take(owner: string, name: string, places?: number) {
      const leave = await taking.take(owner, places);
      begun.push(leave === undefined ? `${name} refused` : name);
      return leave;
    },
    async afterwards(): Promise<void> {
      for (const work of due.splice(0)) work();
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}
const settled = async (): Promise<void> => {
  for (let tick = 0; tick < 5; tick++) await Promise.resolve();
};

test('of one owner so much is done at once, and the rest in the order in which it came', async () => {
  const { take, begun, afterwards } = given({ atWork: 2, waiting: 10 });
  const all = ['a', 'b', 'c', 'd'].map((name) => take('ann', name));
  await settled();
  assert.deepEqual(begun, ['a', 'b']);
  (await all[1])?.();
  await afterwards();
  assert.deepEqual(begun, ['a', 'b', 'c']);
  (await all[0])?.();
  (await all[2])?.();
  await afterwards();
  assert.deepEqual(begun, ['a', 'b', 'c', 'd']);
});
test('a heavy piece waits until there is room for it, and is not overtaken', async () => {
  const { take, begun, afterwards } = given({ atWork: 4, waiting: 10 });
  const light = take('ann', 'light');
  const heavy = take('ann', 'heavy', 4);
  void take('ann', 'behind');
  await settled();
  assert.deepEqual(begun, ['light']);
  (await light)?.();
  await afterwards();
  assert.deepEqual(begun, ['light', 'heavy']);
  (await heavy)?.();
  await afterwards();
  assert.deepEqual(begun, ['light', 'heavy', 'behind']);
});
test('a piece that would take more places than there are is done alone', async () => {
  const { take, begun, afterwards } = given({ atWork: 2, waiting: 10 });
  const first = take('ann', 'first', 100);
  void take('ann', 'second');
  await settled();
  assert.deepEqual(begun, ['first']);
  (await first)?.();
  await afterwards();
  assert.deepEqual(begun, ['first', 'second']);
});
test('whoever waits keeps nobody else waiting', async () => {
  const { take, begun } = given({ atWork: 1, waiting: 10 });
  void take('ann', 'a');
  void take('ann', 'b');
  await take('bob', 'c');
  assert.deepEqual(begun, ['a', 'c']);
});
test('a turn that has ended is given to nobody before the others were looked at', async () => {
  const { take, begun, afterwards } = given({ atWork: 1, waiting: 10 });
  (await take('ann', 'a'))?.();
  void take('ann', 'b');
  await settled();
  assert.deepEqual(begun, ['a']);
  await afterwards();
  assert.deepEqual(begun, ['a', 'b']);
});
test('who has as much waiting as may is told so at once', async () => {
  const { take, begun } = given({ atWork: 1, waiting: 1 });
  void take('ann', 'a');
  void take('ann', 'b');
  await take('ann', 'c');
  assert.deepEqual(begun, ['a', 'c refused']);
});
test('ending a turn twice ends it once, and an owner without work is forgotten', async () => {
  const { taking, take, begun, afterwards } = given({ atWork: 1, waiting: 10 });
  const leave = await take('ann', 'a');
  void take('ann', 'b');
  void take('ann', 'c');
  leave?.();
  leave?.();
  await afterwards();
  assert.deepEqual(begun, ['a', 'b']);
  const other = given({ atWork: 1, waiting: 10 });
  (await other.take('ann', 'a'))?.();
  await other.afterwards();
  assert.equal(other.taking.owners(), 0);
  assert.equal(taking.owners(), 1);
});
