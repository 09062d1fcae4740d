import { account } from '../accounts/account/decider.ts';
import {
  accountStream,
  EmailChanged,
  EmailChangeRefused,
  EmailChangeVoid,
  type YieldPrecondition,
  YieldRegistration,
} from '../accounts/account/messages.ts';
import type { Account, KnownAccount } from '../accounts/account/state.ts';
import { ClaimLogin } from '../accounts/login/messages.ts';
import type { RecordedEvent } from '../kernel/envelope.ts';
import type { PersonId } from '../kernel/ids.ts';
import { rejectionFrom } from '../kernel/message.ts';
import { isRecorded } from '../kernel/reaction.ts';
import { type Outcome, workflow } from '../kernel/workflow.ts';
import { allOf, named, type Theirs, withoutMoney } from './leave.ts';

/** What the account says to which a login goes on. */
function outcome(events: readonly RecordedEvent[]): Outcome {
  for (const event of events) {
    if (isRecorded(event, EmailChanged)) return 'accepted';
    if (isRecorded(event, EmailChangeRefused)) return rejectionFrom([EmailChangeVoid], event.data.reason);
  }
  return 'pending';
}

type Read = Readonly<Record<string, Theirs | Account>>;

/**
 * Another address from its login to the account, whose own stream may refuse: then the login is let go. Where somebody has registered the
 * address and nobody has proven it, it comes there from that account, which ends: not for whoever waits for it no more, and not while
 * money is its person's, though none can be without a proof.
 */
export const changeEmail = [
  workflow({
    command: ClaimLogin,
    reads: {},
    precondition: () => undefined,
    refuses: () => false,
    outcome,
  }),
  workflow({
    command: YieldRegistration,
    reads: {
      ...allOf(named),
      claimer: {
        ...{ decider: account, toEnd: true },
        stream: ({ to }: { readonly to: PersonId }) => accountStream({ person: to }),
      },
    },
    precondition({ claimer, ...theirs }: Read, { login }): YieldPrecondition {
      const { phase, nextEmail } = claimer as KnownAccount;
      const isWaiting = phase === 'active' && nextEmail?.login === login;
      return isWaiting ? withoutMoney(theirs as Record<string, Theirs>) : { refusal: EmailChangeVoid({}) };
    },
    refuses: ({ refusal }) => refusal !== undefined,
    outcome,
  }),
];
