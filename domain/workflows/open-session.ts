import { account } from '../accounts/account/decider.ts';
import { AccountNotActive, AccountUnknown, accountStream } from '../accounts/account/messages.ts';
import { OpenSession, type SessionPrecondition, SignInOutdated } from '../accounts/sessions/messages.ts';
import { workflow } from '../kernel/workflow.ts';

/**
 * Nobody signs in whose account is locked, closed or erased, or who was recognised by a password that is none any more; its stream is read to
 * its end, since nobody asks again behind it.
 */
export const openSession = workflow({
  command: OpenSession,
  reads: { account: { decider: account, stream: accountStream, toEnd: true } },
  precondition({ account }, { provenAt }): SessionPrecondition {
    if (account.phase === 'none') return { refusal: AccountUnknown({}) };
    if (account.phase !== 'active') return { refusal: AccountNotActive({ state: account.phase }) };
    return provenAt < account.verifierAt ? { refusal: SignInOutdated({}) } : {};
  },
  refuses: ({ refusal }) => refusal !== undefined,
  outcome: () => 'accepted',
});
