import { z } from 'zod';
import { decider, forget } from '#domain/kernel/decider.ts';
import { command, event, refusalShape, rejection } from '#domain/kernel/message.ts';
import { MinorUnits } from '#domain/kernel/money.ts';
import type { Context } from '#domain/kernel/registry.ts';
import { stream } from '#domain/kernel/stream.ts';
import { unreachable } from '#domain/kernel/unreachable.ts';

// A context as small as one can be that still has everything a pipeline must handle: streams `tally-<id>`.

const Id = z.string().regex(/^[a-z0-9]{1,20}$/);
const tally = stream('tally', ({ tally }: { tally: string }) => tally);

export const Added = event('Added', { version: 1, description: 'It grew.', data: { by: MinorUnits } });
export const AddRefused = event('AddRefused', {
  version: 1,
  description: 'It did not grow, and that is on record.',
  data: { by: MinorUnits, ...refusalShape },
  refusal: true,
});
export const Sealed = event('Sealed', { version: 1, description: 'It grows no more.', data: {} });

export const Emptied = event('Emptied', { version: 1, description: 'It begins again.', data: {} });

export const TallyFull = rejection('tally_full', { message: 'No room.', details: { room: MinorUnits } });
export const TallySealed = rejection('tally_sealed', {
  message: 'It is sealed.',
  details: { position: z.string() },
});

const person = ['bidder'] as const;
const growth = { tally: Id, by: MinorUnits };
export const Add = command('Add', {
  description: 'Grows it; a no is not recorded.',
  from: person,
  data: growth,
  stream: tally,
  rejections: [TallyFull, TallySealed],
});
export const AddOnRecord = command('AddOnRecord', {
  description: 'Grows it; a no is recorded.',
  from: person,
  data: growth,
  stream: tally,
  rejections: [TallyFull, TallySealed],
});
export const AddOnes = command('AddOnes', {
  description: 'Grows it by many events of one.',
  from: person,
  data: { tally: Id, times: z.int().min(0).max(200) },
  stream: tally,
});
export const Seal = command('Seal', {
  description: 'Ends its growth.',
  from: person,
  data: { tally: Id },
  stream: tally,
});
export const Empty = command('Empty', {
  description: 'Makes room again.',
  from: person,
  data: { tally: Id },
  stream: tally,
});
export const Inject = command('Inject', {
  description: 'What only processes may do.',
  from: 'internal',
  data: growth,
  stream: tally,
});
export const Stumble = command('Stumble', {
  description: 'A mistake in the code.',
  from: person,
  data: { tally: Id },
  stream: tally,
});

export const CAPACITY = 1_000n;

export interface TallyState {
  readonly total: bigint;
  /** Where it was sealed: undefined while it is open. */
  readonly sealedAt: bigint | undefined | 'not yet recorded';
}

const room = ({ total }: TallyState): bigint => CAPACITY - total;
const sealed = ({ sealedAt }: TallyState) =>
  sealedAt === undefined ? undefined : TallySealed({ position: String(sealedAt) });

export const tallyDecider = decider({
  stream: tally,
  events: [Added, AddRefused, Sealed, Emptied],
  commands: [Add, AddOnRecord, AddOnes, Seal, Empty, Inject, Stumble],
  stateVersion: 1,
  initial: { total: 0n, sealedAt: undefined } as TallyState,
  barriers: ['Sealed'],
  evolve(state, event, { position }): TallyState {
    switch (event.type) {
      case 'Added':
        return { ...state, total: state.total + event.data.by };
      case 'AddRefused':
        return state;
      case 'Sealed':
        return { ...state, sealedAt: position ?? 'not yet recorded' };
      case 'Emptied':
        return { ...state, total: 0n };
      default:
        return unreachable(event);
    }
  },
  decide: {
    Add({ by }, state) {
      const no = sealed(state);
      if (no !== undefined) return no;
      return by > room(state) ? TallyFull({ room: room(state) }) : [Added({ by })];
    },
    AddOnRecord({ by }, state) {
      const no = sealed(state);
      if (no !== undefined) return no;
      if (by <= room(state)) return [Added({ by })];
      const { code, message } = TallyFull({ room: room(state) });
      return [AddRefused({ by, reason: { code, message, details: { room: room(state).toString() } } })];
    },
    AddOnes: ({ times }) => Array.from({ length: times }, () => Added({ by: 1n })),
    Seal: (_, { sealedAt }) => (sealedAt === undefined ? [Sealed({})] : []),
    Empty: (_, { total }) => (total === 0n ? [] : [Emptied({})]),
    Inject: ({ by }) => [Added({ by })],
    Stumble() {
      throw new Error('stumbled');
    },
  },
});

export const tallies: Context = {
  name: 'tallies',
  description: 'Sums that grow.',
  events: tallyDecider.events,
  commands: tallyDecider.commands,
};
export const tallyDeciders = [forget(tallyDecider)];
