import { z } from 'zod';
import { decider, forget } from '#domain/kernel/decider.ts';
import { Instant } from '#domain/kernel/instant.ts';
import {
  type Command,
  command,
  event,
  recordedReason,
  refusalShape,
  rejection,
} from '#domain/kernel/message.ts';
import { MinorUnits } from '#domain/kernel/money.ts';
import { reaction } from '#domain/kernel/reaction.ts';
import type { Context } from '#domain/kernel/registry.ts';
import { type Step, saga, unheard } from '#domain/kernel/saga.ts';
import { stream } from '#domain/kernel/stream.ts';
import { unreachable } from '#domain/kernel/unreachable.ts';

// Purses and transfers between them: the smallest context in which a saga must compensate. The purse knows no transfers,
// so that whatever is sent twice under two ids shows in its balance.

const Id = z.string().regex(/^[a-z0-9]{1,20}$/);
const purse = stream('purse', ({ purse }: { purse: string }) => purse);
const transfer = stream('transfer', ({ transfer }: { transfer: string }) => transfer);
const counter = stream('counter', ({ counter }: { counter: string }) => counter);
const amount = { amount: MinorUnits };

export const Filled = event('Filled', { version: 1, description: 'Money came.', data: amount });
export const Taken = event('Taken', { version: 1, description: 'Money went.', data: amount });
export const TakeRefused = event('TakeRefused', {
  version: 1,
  description: 'There was too little.',
  data: { ...amount, ...refusalShape },
  refusal: true,
});
export const Shut = event('Shut', { version: 1, description: 'Takes no more money.', data: {} });
export const Opened = event('Opened', { version: 1, description: 'Takes money again.', data: {} });
export const Tallied = event('Tallied', { version: 1, description: 'Counted by a reaction.', data: amount });

export const TooLittle = rejection('too_little', { message: 'Too little.', details: amount });
export const IsShut = rejection('is_shut', { message: 'Shut.' });

const inPurse = { purse: Id, ...amount };
export const Fill = command('Fill', {
  description: 'Puts money in.',
  from: 'internal',
  data: inPurse,
  stream: purse,
  rejections: [IsShut],
});
export const PutBack = command('PutBack', {
  description: 'Puts money back, shut or not.',
  from: 'internal',
  data: inPurse,
  stream: purse,
});
export const Take = command('Take', {
  description: 'Takes money out.',
  from: 'internal',
  data: inPurse,
  stream: purse,
  rejections: [TooLittle],
});
export const Shutting = command('Shutting', {
  description: 'Shuts the purse.',
  from: 'internal',
  data: { purse: Id },
  stream: purse,
});
export const Opening = command('Opening', {
  description: 'Opens the purse again.',
  from: 'internal',
  data: { purse: Id },
  stream: purse,
});

interface Purse {
  readonly balance: bigint;
  readonly shut: boolean;
}
const purses = decider({
  stream: purse,
  events: [Filled, Taken, TakeRefused, Shut, Opened],
  commands: [Fill, PutBack, Take, Shutting, Opening],
  stateVersion: 1,
  initial: { balance: 0n, shut: false } as Purse,
  evolve(state, event): Purse {
    switch (event.type) {
      case 'Filled':
        return { ...state, balance: state.balance + event.data.amount };
      case 'Taken':
        return { ...state, balance: state.balance - event.data.amount };
      case 'TakeRefused':
        return state;
      case 'Shut':
        return { ...state, shut: true };
      case 'Opened':
        return { ...state, shut: false };
      default:
        return unreachable(event);
    }
  },
  decide: {
    Fill: ({ amount }, { shut }) => (shut ? IsShut({}) : [Filled({ amount })]),
    PutBack: ({ amount }) => [Filled({ amount })],
    Take({ amount }, { balance }) {
      if (amount <= balance) return [Taken({ amount })];
      return [TakeRefused({ amount, reason: recordedReason([TooLittle], TooLittle({ amount: balance })) })];
    },
    Shutting: () => [Shut({})],
    Opening: () => [Opened({})],
  },
});

const asked = { transfer: Id, from: Id, to: Id, ...amount, overdueAt: Instant };
export const Asked = event('Asked', { version: 1, description: 'Somebody wants a transfer.', data: asked });
export const Nudged = event('Nudged', {
  version: 1,
  description: 'Somebody asks where it is.',
  data: { transfer: Id },
});
export const Reminded = event('Reminded', {
  version: 1,
  description: 'It took too long.',
  data: { transfer: Id },
});
export const Ask = command('Ask', {
  description: 'Asks for a transfer.',
  from: 'internal',
  data: asked,
  stream: transfer,
});
export const Nudge = command('Nudge', {
  description: 'Asks where it is.',
  from: 'internal',
  data: { transfer: Id },
  stream: transfer,
});
export const Remind = command('Remind', {
  description: 'Says that it takes too long.',
  from: 'internal',
  data: { transfer: Id },
  stream: transfer,
});
const transfers = decider({
  stream: transfer,
  events: [Asked, Nudged, Reminded],
  commands: [Ask, Nudge, Remind],
  stateVersion: 1,
  initial: {},
  evolve: (state) => state,
  decide: {
    Ask: (data) => [Asked(data)],
    Nudge: (data) => [Nudged(data)],
    Remind: (data) => [Reminded(data)],
  },
});

export const Count = command('Count', {
  description: 'Counts an amount.',
  from: 'internal',
  data: { counter: Id, ...amount },
  stream: counter,
});
const counters = decider({
  stream: counter,
  events: [Tallied],
  commands: [Count],
  stateVersion: 1,
  initial: {},
  evolve: (state) => state,
  decide: { Count: ({ amount }) => [Tallied({ amount })] },
});

export const transferContext: Context = {
  name: 'transfers',
  description: 'Purses and what goes between them.',
  events: [...purses.events, ...transfers.events, ...counters.events],
  commands: [...purses.commands, ...transfers.commands, ...counters.commands],
};
export const transferDeciders = [forget(purses), forget(transfers), forget(counters)];

interface Transfer {
  readonly phase: 'none' | 'taking' | 'giving' | 'returning' | 'given' | 'refused' | 'returned';
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly transfer: string;
}

type TransferStep = Step<Transfer, 'take' | 'give' | 'back', never>;

const ended = (state: Transfer, phase: Transfer['phase']): TransferStep => ({
  state: { ...state, phase },
  done: true,
});
const goesOn = (
  state: Transfer,
  phase: Transfer['phase'],
  purpose: 'take' | 'give' | 'back',
  command: Command,
): TransferStep => ({ state: { ...state, phase }, sends: [{ command, purpose }] });

/** Take, then give; what cannot be given goes back. A transfer that waits too long is reminded of. */
export const transferring = saga({
  name: 'transferring',
  version: 1,
  initial: { phase: 'none', from: '', to: '', amount: 0n, transfer: '' } as Transfer,
  on: (when) => [
    when(Asked, (_, { data: { transfer, from, to, amount, overdueAt } }) => ({
      state: { phase: 'taking' as const, from, to, amount, transfer },
      sends: [{ command: Take({ purse: from, amount }), purpose: 'take' }],
      timers: [{ name: 'overdue', at: overdueAt }],
    })),
    when(Nudged, () => undefined),
  ],
  id: ({ data }) => data.transfer,
  answers: {
    take: (state, { outcome }) =>
      outcome === 'rejected'
        ? ended(state, 'refused')
        : goesOn(state, 'giving', 'give', Fill({ purse: state.to, amount: state.amount })),
    give: (state, { outcome }) =>
      outcome === 'rejected'
        ? goesOn(state, 'returning', 'back', PutBack({ purse: state.from, amount: state.amount }))
        : ended(state, 'given'),
    back: (state) => ended(state, 'returned'),
    remind: unheard,
  },
  timers: {
    overdue: (state) => ({
      state,
      sends: [{ command: Remind({ transfer: state.transfer }), purpose: 'remind' }],
    }),
  },
});

/** Counts what is filled, and when everything before a nudge has been counted, that too. */
export const counting = reaction({
  name: 'counting',
  on: (when) => [
    when(Asked, ({ data }) => [{ command: Count({ counter: data.transfer, amount: data.amount }) }]),
  ],
  passed: (when) => [
    when(Nudged, ({ data }) => [{ command: Count({ counter: data.transfer, amount: 0n }) }]),
  ],
  key: ({ data }) => data.transfer,
});
