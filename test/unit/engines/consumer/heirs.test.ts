import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { memoryReadStore } from '#engines/read-store/memory/store.ts';
import { append, clock, historyOf, registry } from '#test/support/counters.ts';
import { knownBy, stoppable } from '#test/support/members.ts';
import { until } from '#test/support/until.ts';
import { abc, notebook } from './notebook.ts';

/** Longer than any test waits, in milliseconds. */
const LONG_MS = 600_000;

describe('an heir', () => {
  it('does not wait for the lease of one that has ended, and fences it off if it has not', async () => {
    const store = await historyOf(abc);
    const readStore = memoryReadStore();
    const runAs = async (owner: string, consumers = readStore.consumers) => {
      const { seen, handler } = notebook();
      const options = { feed: store, store, registry, clock, leaseMs: LONG_MS };
      const consumer = await consumerLoop({ ...options, consumers, owner, isHeir: true })(handler);
      return { seen, consumer };
    };
    const process = stoppable();
    const calls = new Map<string, number>();
    const killed = await runAs('killed', knownBy(readStore.consumers, process.through, calls));
    assert.equal(await killed.consumer.reached(await store.head(), 5_000), true);
    process.stop();
    const heir = await runAs('heir');
    const last = await append(store, [['c', 4n]]);
    await until(() => heir.consumer.status().position >= last, 'the heir has taken over');
    assert.deepEqual(heir.seen, ['c4']);
    process.goOn();
    await until(() => calls.get('fenced'), 'it is fenced off');
    await until(() => killed.consumer.status().state === 'waiting-for-lease', 'it waits');
    // It takes nothing back: whoever has come since is none of those who ended before it began.
    const further = await append(store, [['c', 5n]]);
    await until(() => heir.consumer.status().position >= further, 'the heir goes on');
    assert.deepEqual(heir.consumer.status().held, ['notebook']);
    await Promise.all([killed.consumer.stop(), heir.consumer.stop()]);
  });
});
