import { z } from 'zod';
import { decider, forget } from '#domain/kernel/decider.ts';
import {
  command,
  event,
  preconditionOf,
  type Rejection,
  refusalShape,
  rejection,
} from '#domain/kernel/message.ts';
import { reaction } from '#domain/kernel/reaction.ts';
import type { Context } from '#domain/kernel/registry.ts';
import { stream } from '#domain/kernel/stream.ts';
import { unreachable } from '#domain/kernel/unreachable.ts';
import { workflow } from '#domain/kernel/workflow.ts';

// The smallest workflow there is: a visit is asked for on the visitor's stream and decided on the gate's.

const Id = z.string().regex(/^[a-z0-9]{1,20}$/);
const Visit = { gate: Id, visitor: Id, visitId: z.string() };
const gateOf = stream('gate', ({ gate }: { gate: string }) => gate);
const visitOf = stream(
  'visit',
  ({ gate, visitor }: { gate: string; visitor: string }) => `${gate}:${visitor}`,
);

export const GateOpened = event('GateOpened', {
  version: 1,
  description: 'Visitors may come.',
  data: { seats: z.int() },
});
export const VisitAsked = event('VisitAsked', {
  version: 1,
  description: 'Somebody stands outside.',
  data: Visit,
});
export const VisitTurnedAway = event('VisitTurnedAway', {
  version: 1,
  description: 'The gate was shut.',
  data: { ...Visit, ...refusalShape },
  refusal: true,
});
export const VisitAdmitted = event('VisitAdmitted', { version: 1, description: 'Inside.', data: Visit });
export const VisitRefused = event('VisitRefused', {
  version: 1,
  description: 'No seat.',
  data: { ...Visit, ...refusalShape },
  refusal: true,
});

export const GateShut = rejection('gate_shut', { message: 'The gate is shut.' });
export const NoSeat = rejection('no_seat', { message: 'No seat is left.', details: { seats: z.int() } });

export const OpenGate = command('OpenGate', {
  description: 'Lets visitors come.',
  from: ['seller'],
  data: { gate: Id, seats: z.int() },
  stream: gateOf,
});
export const PayVisit = command('PayVisit', {
  description: 'Asks to come in.',
  from: ['bidder'],
  data: { gate: Id, visitor: Id },
  stream: visitOf,
  rejections: [GateShut, NoSeat],
  precondition: preconditionOf<{ open: boolean }>(),
});
export const AdmitVisit = command('AdmitVisit', {
  description: 'Decides a visit at the gate.',
  from: 'internal',
  data: Visit,
  stream: gateOf,
  rejections: [NoSeat],
});

interface GateState {
  readonly open: boolean;
  readonly seats: number;
}

export const gateDecider = decider({
  stream: gateOf,
  events: [GateOpened, VisitAdmitted, VisitRefused],
  commands: [OpenGate, AdmitVisit],
  stateVersion: 1,
  initial: { open: false, seats: 0 } as GateState,
  evolve(state, event): GateState {
    switch (event.type) {
      case 'GateOpened':
        return { open: true, seats: event.data.seats };
      case 'VisitAdmitted':
        return { ...state, seats: state.seats - 1 };
      case 'VisitRefused':
        return state;
      default:
        return unreachable(event);
    }
  },
  decide: {
    OpenGate: ({ seats }, { open }) => (open ? [] : [GateOpened({ seats })]),
    AdmitVisit({ gate, visitor, visitId }, { seats }) {
      if (seats > 0) return [VisitAdmitted({ gate, visitor, visitId })];
      const { code, message, details } = NoSeat({ seats });
      return [VisitRefused({ gate, visitor, visitId, reason: { code, message, details: { ...details } } })];
    },
  },
});

export const visitDecider = decider({
  stream: visitOf,
  events: [VisitAsked, VisitTurnedAway],
  commands: [PayVisit],
  stateVersion: 1,
  initial: {},
  evolve: (state) => state,
  decide: {
    PayVisit({ gate, visitor }, _, { id, precondition }) {
      if (precondition.open) return [VisitAsked({ gate, visitor, visitId: id })];
      const { code, message } = GateShut({});
      return [VisitTurnedAway({ gate, visitor, visitId: id, reason: { code, message, details: {} } })];
    },
  },
});

export const payVisit = workflow({
  command: PayVisit,
  reads: { gate: { decider: gateDecider, stream: gateOf } },
  precondition: ({ gate: { open } }) => ({ open }),
  refuses: ({ open }) => !open,
  outcome(events) {
    const refused = events.find(({ type }) => type === VisitRefused.type);
    if (refused !== undefined) {
      const { reason } = refused.data as { reason: { code: string; message: string; details: object } };
      return { rejected: true, ...reason } satisfies Rejection;
    }
    return events.some(({ type }) => type === VisitAdmitted.type) ? 'accepted' : 'pending';
  },
});

export const gatekeeper = reaction({
  name: 'gatekeeper',
  on: (when) => [when(VisitAsked, ({ data }) => [{ command: AdmitVisit({ ...data }) }])],
  key: ({ data }) => data.gate,
});

export const gates: Context = {
  name: 'gates',
  description: 'Gates with seats behind them.',
  events: [...gateDecider.events, ...visitDecider.events],
  commands: [...gateDecider.commands, ...visitDecider.commands],
};
export const gateDeciders = [forget(gateDecider), forget(visitDecider)];
