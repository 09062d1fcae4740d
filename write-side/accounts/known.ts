import type { GrantableRole } from '#domain/accounts/account/messages.ts';
import type { ClientId, LoginName, SessionId } from '#domain/accounts/ids.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import type { Instant } from '#domain/kernel/instant.ts';
import type { Language } from '#domain/kernel/ports/mail.ts';

// What the door knows of those who want to come in: read to the end of their streams, and opened here alone.

interface Factor {
  /** The event that it came with. */
  readonly since: string;
}

/** An account with what verifies its secrets in plain. None of it may reach a log, an error or an answer. */
export interface KnownAccount {
  readonly person: PersonId;
  /** Of the last event of their account that is in it. */
  readonly revision: number;
  readonly phase: 'active' | 'locked' | 'closed' | 'erased';
  readonly login: LoginName;
  /** Undefined: nobody can read it any more. */
  readonly email: string | undefined;
  readonly emailVerified: boolean;
  /** In which they are written to. */
  readonly language: Language | undefined;
  /** PHC. Undefined: as the address. */
  readonly verifier: string | undefined;
  /** What a link for another password has to be bound to. */
  readonly resetBoundTo: string;
  /** The event that the password came with: hashed anew it is the same. */
  readonly passwordSince: string;
  /** Since when it is the verifier of this password. */
  readonly verifierAt: Instant;
  /** The event that it came with: another one, even of the same password, has another. */
  readonly verifierSince: string;
  /** The login of the address that a link was sent to, by which it becomes theirs. */
  readonly nextLogin: LoginName | undefined;
  /** That address, opened. */
  readonly nextEmail: string | undefined;
  readonly lockedOutUntil: Instant | undefined;
  /** The login by which the operator has made them an administrator. */
  readonly appointedBy: LoginName | undefined;
  /** Somebody else has taken that role from them. */
  readonly adminTaken: boolean;
  /** Those that stand at the moment of the question. */
  readonly roles: readonly GrantableRole[];
  /** When the first of them ends by itself; undefined: none does. */
  readonly rolesEndAt: Instant | undefined;
  /** An app of which a code has come. */
  readonly totp: (Factor & { readonly secret: string; readonly lastStep: number }) | undefined;
  /** One of which none has come yet. */
  readonly pendingTotp: (Factor & { readonly secret: string }) | undefined;
  readonly passkeys: readonly {
    readonly passkey: string;
    readonly credential: string;
    readonly counter: number;
    readonly addedAt: Instant;
  }[];
  /** `used`: places that are struck out. */
  readonly recovery: (Factor & { readonly codes: string; readonly used: readonly number[] }) | undefined;
}

/** A system that people come in by, or that comes in by itself. */
export interface KnownClient {
  readonly client: ClientId;
  /** Of the last event of it that is in it. */
  readonly revision: number;
  readonly name: string;
  /** Of its secret. Undefined: it keeps none. */
  readonly verifier: string | undefined;
  readonly grantTypes: readonly (
    | 'authorization_code'
    | 'refresh_token'
    | 'client_credentials'
    | 'device_code'
  )[];
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly backchannelLogoutUri: string | undefined;
  /** What its ID tokens are signed by; undefined: EdDSA. */
  readonly idTokenSignedResponseAlg?: 'EdDSA' | 'RS256' | undefined;
  /** What it may do in its own name. */
  readonly roles: readonly GrantableRole[];
  /** Who acts by it: who has registered it, and who has given it the secret of now. */
  readonly keepers: readonly PersonId[];
}

/** @throws StoreError where it cannot be read */
export interface Known {
  /** Undefined: there is no such account. */
  account(person: PersonId): Promise<KnownAccount | undefined>;
  /** Whose a login is. */
  holderOf(login: LoginName): Promise<PersonId | undefined>;
  /** Whose it was before. */
  formerHoldersOf(login: LoginName): Promise<readonly PersonId[]>;
  /** Undefined: there is none, or it was removed. */
  client(client: ClientId): Promise<KnownClient | undefined>;
  /** Where somebody is signed in: those that have not ended, and whose time is not over. */
  sessions(
    person: PersonId,
  ): Promise<readonly { readonly session: SessionId; readonly expiresAt: Instant }[]>;
}
