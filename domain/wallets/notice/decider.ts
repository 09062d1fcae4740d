import { decider } from '../../kernel/decider.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import { NoticeHandled, NoticeKept, NoticeUnknown, noticeCommands, noticeEvents } from './messages.ts';

interface State {
  readonly phase: 'none' | 'waiting' | 'handled';
}

/** A notice that waits for a person; kept once, and seen to once. */
export const notice = decider({
  category: 'notice',
  events: noticeEvents,
  commands: noticeCommands,
  stateVersion: 1,
  initial: { phase: 'none' } as State,
  evolve(_state, event): State {
    switch (event.type) {
      case 'NoticeKept':
        return { phase: 'waiting' };
      case 'NoticeHandled':
        return { phase: 'handled' };
      default:
        return unreachable(event);
    }
  },
  decide: {
    KeepNotice({ waitingId, provider, why, body, whole }, { phase }) {
      if (phase !== 'none') return [];
      return [NoticeKept({ waitingId, provider, why, body, ...(whole !== undefined && { whole }) })];
    },
    HandleNotice({ waitingId, note }, { phase }) {
      if (phase === 'none') return NoticeUnknown({});
      return phase === 'waiting' ? [NoticeHandled({ waitingId, note })] : [];
    },
    // It may come before what it takes off the list, which then never is on it.
    MatchNotice: ({ waitingId }, { phase }) =>
      phase === 'handled'
        ? []
        : [NoticeHandled({ waitingId, note: 'What it is about has been told since.' })],
  },
});
