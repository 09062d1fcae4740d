import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '#domain/kernel/message.ts';
import { type Step, saga, unheard } from '#domain/kernel/saga.ts';
import { START } from '#test/support/saga-runtime.ts';
import { Asked, Remind } from '#test/support/transfers.ts';

const remind = (transfer: string) => Remind({ transfer });
const yes = { outcome: 'accepted', events: [] } as const;

const reminding = saga({
  name: 'reminding',
  version: 1,
  initial: { asked: false },
  on: (when) => [
    when(Asked, (_, { data }) => ({
      state: { asked: true },
      timers: [{ name: 'overdue', at: data.overdueAt }],
      sends: [{ command: remind(data.transfer), purpose: 'remind' }],
    })),
  ],
  id: ({ data }) => data.transfer,
  answers: { remind: unheard },
  timers: { overdue: (state) => ({ state }) },
});

test('what answers a name that a saga has is asked, and one that is to change nothing does not', () => {
  assert.equal(reminding.onAnswer({ asked: true }, 'remind', yes, START), undefined);
  assert.deepEqual(reminding.onTimer({ asked: true }, 'overdue', START), { state: { asked: true } });
});

test('a purpose or a timer that has no handler is a mistake that is seen, not an answer that is lost', () => {
  assert.throws(() => reminding.onAnswer({}, 'remnid', yes, START), /no handler for its answer 'remnid'/);
  assert.throws(() => reminding.onTimer({}, 'ovredue', START), /no handler for its timer 'ovredue'/);
  assert.throws(() => reminding.onTimer({}, 'toString', START), /no handler for its timer 'toString'/);
});

// What a step of this saga may name, as the compiler sees it.
type Fits<S> = S extends Step<object, 'remind', 'overdue'> ? 'compiles' : 'does not';
type Sends<Purpose extends string> = { state: object; sends: { command: Command; purpose: Purpose }[] };
type Sets<Timer extends string> = { state: object; timers: { name: Timer; at: string }[] };
type Cancels<Timer extends string> = { state: object; cancels: Timer[] };

test('a typo in a purpose or in the name of a timer does not compile', () => {
  const named: [Fits<Sends<'remind'>>, Fits<Sets<'overdue'>>, Fits<Cancels<'overdue'>>] = [
    'compiles',
    'compiles',
    'compiles',
  ];
  const misspelt: [Fits<Sends<'remnid'>>, Fits<Sets<'ovredue'>>, Fits<Cancels<'overdeu'>>] = [
    'does not',
    'does not',
    'does not',
  ];
  assert.equal(new Set([...named, ...misspelt]).size, 2);
});
