import { account } from '../accounts/account/decider.ts';
import { AccountNotActive, AccountUnknown, accountStream } from '../accounts/account/messages.ts';
import { OpenSession, type SessionPrecondition } from '../accounts/sessions/messages.ts';
import { workflow } from '../kernel/workflow.ts';

/** Nobody signs in whose account is locked, closed or erased; its stream is read to its end, since nobody asks again behind it. */
export const openSession = workflow({
  command: OpenSession,
  reads: { account: { decider: account, stream: accountStream, toEnd: true } },
  precondition({ account: { phase } }): SessionPrecondition {
    if (phase === 'active') return {};
    return { refusal: phase === 'none' ? AccountUnknown({}) : AccountNotActive({ state: phase }) };
  },
  refuses: ({ refusal }) => refusal !== undefined,
  outcome: () => 'accepted',
});
