import { account } from '../accounts/account/decider.ts';
import {
  AccountNotActive,
  AccountUnknown,
  accountStream,
  EmailNotVerified,
} from '../accounts/account/messages.ts';
import { type Account, rolesAt } from '../accounts/account/state.ts';
import {
  ChangeProfile,
  CreateProfile,
  NoProfile,
  type ProfilePrecondition,
} from '../accounts/profile/messages.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Instant } from '../kernel/instant.ts';
import { workflow } from '../kernel/workflow.ts';

function precondition(
  { account }: { readonly account: Account },
  _: object,
  { actor, now }: { readonly actor: Actor; readonly now: Instant },
): ProfilePrecondition {
  if (account.phase === 'none') return { refusal: AccountUnknown({}) };
  if (account.phase !== 'active') return { refusal: AccountNotActive({ state: account.phase }) };
  if (!account.emailVerified) return { refusal: EmailNotVerified({}) };
  // By their roles and by their token, whichever says so.
  const isAdmin = actor.roles.includes('admin') || rolesAt(account, now).includes('admin');
  return isAdmin ? { refusal: NoProfile({}) } : {};
}

const guard = {
  reads: {
    account: {
      decider: account,
      stream: (_: object, { id }: Pick<Actor, 'id'>) => accountStream({ person: id }),
      toEnd: true,
    },
  },
  precondition,
  refuses: (precondition: ProfilePrecondition) => precondition.refusal !== undefined,
  outcome: () => 'accepted' as const,
};

/** Whoever says who they are has an account that is theirs and active, and can be reached. */
export const ownProfile = [
  workflow({ command: CreateProfile, ...guard }),
  workflow({ command: ChangeProfile, ...guard }),
];
