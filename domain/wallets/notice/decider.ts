import { z } from 'zod';
import { decider } from '../../kernel/decider.ts';
import { PaymentId } from '../../kernel/ids.ts';
import { ownAffair } from '../../kernel/own-affair.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import { commands, events, NoticeHandled, NoticeKept, NoticeUnknown, noticeStream } from './messages.ts';

export interface NoticeState {
  readonly phase: 'none' | 'waiting' | 'handled';
  /** The payment that it names, if anything in it can be read. */
  readonly paymentId?: PaymentId;
}

const Named = z.object({ paymentId: PaymentId });

/** A notice may wait because it is of no known kind, or no notice at all: only its payment's name is looked for. */
function paymentNamedIn(body: string): Pick<NoticeState, 'paymentId'> {
  try {
    return Named.safeParse(JSON.parse(body)).data ?? {};
  } catch {
    // What is no JSON names nothing.
    return {};
  }
}

/** A notice that waits for a person; kept once, and seen to once. */
export const notice = decider({
  stream: noticeStream,
  events,
  commands,
  stateVersion: 2,
  initial: { phase: 'none' } as NoticeState,
  evolve(state, event): NoticeState {
    switch (event.type) {
      case 'NoticeKept':
        return { phase: 'waiting', ...paymentNamedIn(event.data.body) };
      case 'NoticeHandled':
        return { ...state, phase: 'handled' };
      default:
        return unreachable(event);
    }
  },
  decide: {
    KeepNotice({ waitingId, provider, why, body, whole }, { phase }) {
      if (phase !== 'none') return [];
      return [NoticeKept({ waitingId, provider, why, body, ...(whole !== undefined && { whole }) })];
    },
    HandleNotice({ waitingId, resolution, reference }, { phase }, { actor, precondition: person }) {
      if (phase === 'none') return NoticeUnknown({});
      if (phase === 'handled') return [];
      const how = { resolution, ...(reference !== undefined && { reference }) };
      return ownAffair(actor, person) ?? [NoticeHandled({ waitingId, ...how })];
    },
    // It may come before what it takes off the list, which then never is on it.
    MatchNotice: ({ waitingId }, { phase }) =>
      phase === 'handled' ? [] : [NoticeHandled({ waitingId, resolution: 'told_since' })],
  },
});
