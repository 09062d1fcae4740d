import type { Actor, Role } from '../actor.ts';
import type { Instant } from '../instant.ts';
import type { Rejection } from '../message.ts';

/** The roles a token may carry: `system` belongs to reactions and sagas and never comes from outside. */
export type TokenRole = Exclude<Role, 'system'>;

/** By what a token is known to whoever may revoke it, as far as it says so itself. */
export interface TokenNames {
  /** Its own id (`jti`). */
  readonly id?: string | undefined;
  /** The session it was issued in (`sid`). */
  readonly session?: string | undefined;
  /** What its person has let a system do there, where it is a token of ours ({@link GRANT}). */
  readonly grant?: string | undefined;
  /** By which of our keys it is signed (`kid`); undefined: by somebody else’s. */
  readonly signedBy?: string | undefined;
  /** The second in which it was issued (`iat`). */
  readonly issuedAt?: Instant | undefined;
  /** What of whoever it stands for was read for it, where it is a token of ours ({@link AS_OF}). */
  readonly asOf?: number | undefined;
  /** When whoever it stands for has proven who they are (`auth_time`). */
  readonly provenAt?: Instant | undefined;
  /** The system that it was given to, where it is a token of ours. */
  readonly client?: string | undefined;
  /** How they have done so just before (`amr`), where it is a token of ours that says so. */
  readonly steppedUpBy?: readonly string[] | undefined;
}

/**
 * The claim in tokens of our own provider that tells how much of the account, or of the system, they say the roles of: the revision of the last
 * event that was read for it. A second is too long to tell by it whether a role was withdrawn before or behind that, and no clock tells what was
 * recorded in the moment of reading.
 */
export const AS_OF = 'as_of';

/** The claim in tokens of our own provider that names what its person has let a system do in a session: what goes where the system gives a token back. */
export const GRANT = 'grant';

/** Whom a token stands for, and the end of its time by the clock of the business. */
export interface Identity {
  readonly actor: Actor;
  readonly expiresAt: Instant;
  readonly token: TokenNames;
  /** Whether whoever it stands for has proven just before that it is they: what is dear asks for that ({@link STEPPED_UP}). */
  readonly steppedUp: boolean;
}

/** The value of `acr` (OpenID Connect) in tokens of those who have proven just before who they are. */
export const STEPPED_UP = 'urn:annals:stepped-up';

/** For how long whoever has proven who they are has done so just before: until then they are given tokens that say so. */
export const STEPPED_UP_MS = 10 * 60_000;

/** How long a token holds that our own provider gives to a person. What it says, it says to its end. */
export const OWN_TOKEN_MS = 5 * 60_000;

/** Whether somebody has proven by nothing but a password that it is they: no step-up where their account has another factor. */
export const isPasswordAlone = (methods: readonly string[] = []): boolean =>
  methods.every((method) => method === 'pwd');

/** For how long others may keep the public keys that they were shown, in seconds: one that they do not know yet signs nothing before. */
export const KEYS_KEPT_SECONDS = 300;

/** Reads the signed tokens that say who asks. */
export interface TokenVerifier {
  /**
   * undefined: not signed by whom we trust, not for us, out of its time, or saying what no token may say.
   * @param at the moment at which its time is judged; now unless told, by the clock of the business
   */
  verify(token: string, at?: Instant): Promise<Identity | undefined>;
}

/** Makes such tokens. Only development has one here: elsewhere tokens come from an identity provider. */
export interface TokenIssuer {
  issue(
    person: Omit<Actor, 'roles'> & { readonly roles: readonly TokenRole[]; readonly steppedUp?: boolean },
    lifetimeMs: number,
  ): Promise<IssuedToken>;
}

export interface IssuedToken {
  readonly token: string;
  readonly expiresAt: Instant;
}

/** From the value of an `Authorization` header to who asks; no header or a bad one is `unauthenticated`. */
export type Authenticate = (authorization: string | undefined) => Promise<Identity | Rejection>;
