import { account } from '#domain/accounts/account/decider.ts';
import { accountStream } from '#domain/accounts/account/messages.ts';
import {
  type Account,
  type KnownAccount as Recorded,
  resetBound,
  rolesAt,
  rolesEndAt,
} from '#domain/accounts/account/state.ts';
import { client } from '#domain/accounts/client/decider.ts';
import { clientStream } from '#domain/accounts/client/messages.ts';
import type { Client } from '#domain/accounts/client/state.ts';
import { login } from '#domain/accounts/login/decider.ts';
import { loginStream } from '#domain/accounts/login/messages.ts';
import { sessions } from '#domain/accounts/sessions/decider.ts';
import { sessionsStream } from '#domain/accounts/sessions/messages.ts';
import { forget } from '#domain/kernel/decider.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import type { Instant } from '#domain/kernel/instant.ts';
import { opened, type PersonalText, sealedFor } from '#domain/kernel/personal.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { KeysByPerson, PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import type { Known, KnownAccount, KnownClient } from '#write-side/accounts/known.ts';
import type { Pipeline } from '#write-side/pipeline/pipeline.ts';

type StateOf = Pipeline['stateOf'];

/** A secret that cannot be read any more verifies nothing. */
function openedAccount(
  person: PersonId,
  state: Recorded,
  keys: KeysByPerson,
  now: Instant,
): Omit<KnownAccount, 'revision'> {
  const { phase, login, emailVerified, language, lockedOutUntil, factors } = state;
  const open = (text: PersonalText | undefined): string | undefined => opened(text, keys);
  /** With the event it came with, by which whoever has looked at it says so. */
  function opening<T>(text: PersonalText | undefined, of: (text: string, since: string) => T): T | undefined {
    const known = open(text);
    return text === undefined || known === undefined ? undefined : of(known, sealedFor(text));
  }
  const { totp, pending, recovery } = factors;
  return {
    ...{ person, phase, login, emailVerified, language, lockedOutUntil },
    ...{
      resetBoundTo: resetBound(state),
      appointedBy: state.appointedBy,
      adminTaken: state.adminTaken,
      passwordSince: state.passwordSince,
      verifierAt: state.verifierAt,
      verifierSince: sealedFor(state.verifier),
      nextLogin: state.nextEmail?.login,
      nextEmail: open(state.nextEmail?.email),
    },
    ...{ email: open(state.email), verifier: open(state.verifier) },
    ...{ roles: rolesAt(state, now), rolesEndAt: rolesEndAt(state, now) },
    totp: totp && opening(totp.secret, (secret, since) => ({ secret, lastStep: totp.last, since })),
    pendingTotp: opening(pending, (secret, since) => ({ secret, since })),
    passkeys: factors.passkeys.flatMap(({ passkey, credential, counter, addedAt }) => {
      const text = open(credential);
      return text === undefined ? [] : [{ passkey, credential: text, counter, addedAt }];
    }),
    recovery: recovery && opening(recovery.codes, (codes, since) => ({ codes, used: recovery.used, since })),
  };
}

/** What the door knows, as the deciders of accounts have it. */
export function knownOf({
  stateOf,
  personKeys,
  clock,
}: {
  readonly stateOf: StateOf;
  readonly personKeys: Pick<PersonKeys, 'find'>;
  readonly clock: Pick<Clock, 'now'>;
}): Known {
  const deciders = {
    account: forget(account),
    login: forget(login),
    client: forget(client),
    sessions: forget(sessions),
  };
  return {
    async account(person): Promise<KnownAccount | undefined> {
      const { state, revision } = await stateOf(deciders.account, accountStream({ person }));
      const recorded = state as Account;
      if (recorded.phase === 'none') return undefined;
      const keys = await personKeys.find([person]);
      return { ...openedAccount(person, recorded, keys, clock.now()), revision };
    },
    async holderOf(name) {
      const { state } = await stateOf(deciders.login, loginStream({ login: name }));
      return (state as typeof login.initial).holder;
    },
    async formerHoldersOf(name) {
      const { state } = await stateOf(deciders.login, loginStream({ login: name }));
      return (state as typeof login.initial).former;
    },
    async client(id): Promise<KnownClient | undefined> {
      const { state, revision } = await stateOf(deciders.client, clientStream({ client: id }));
      const recorded = state as Client;
      if (recorded.phase !== 'known') return undefined;
      const {
        verifier,
        roles = [],
        postLogoutRedirectUris = [],
        backchannelLogoutUri,
        ...known
      } = recorded.known;
      const uris = { postLogoutRedirectUris, backchannelLogoutUri };
      return { client: id, revision, ...known, verifier, roles, ...uris };
    },
    async sessions(person) {
      const { state } = await stateOf(deciders.sessions, sessionsStream({ person }));
      const now = clock.now();
      return (state as typeof sessions.initial).open.filter(({ expiresAt }) => expiresAt > now);
    },
  };
}
