import assert from 'node:assert/strict';
import { test } from 'node:test';
import { saga, unheard } from '#domain/kernel/saga.ts';
import { START } from '#test/support/saga-runtime.ts';
import { Asked, Remind } from '#test/support/transfers.ts';

const remind = (transfer: string) => Remind({ transfer });
const yes = { outcome: 'accepted', events: [] } as const;

const reminding = saga({
  name: 'reminding',
  version: 1,
  initial: { asked: false },
  events: [Asked],
  id: ({ data }) => data.transfer,
  on: {
    Asked: (_, { data }) => ({
      state: { asked: true },
      timers: [{ name: 'overdue', at: data.overdueAt }],
      sends: [{ command: remind(data.transfer), purpose: 'remind' }],
    }),
  },
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

test('a typo in a purpose or in the name of a timer does not compile', () => {
  saga({
    name: 'misspelt',
    version: 1,
    initial: {},
    events: [Asked],
    id: ({ data }) => data.transfer,
    on: {
      Asked: (state, { data }) => ({
        state,
        // @ts-expect-error: there is no such timer
        timers: [{ name: 'ovredue', at: data.overdueAt }],
        // @ts-expect-error: nothing answers it
        sends: [{ command: remind(data.transfer), purpose: 'remnid' }],
        // @ts-expect-error: there is no such timer either
        cancels: ['overdeu'],
      }),
    },
    answers: { remind: unheard },
    timers: { overdue: unheard },
  });
});
