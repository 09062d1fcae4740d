import type { IncomingMessage } from 'node:http';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { Clock, NewId, RandomBytes } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Sealing } from '#domain/kernel/ports/sealing.ts';
import type { SignInStore } from '#domain/kernel/ports/sign-in-store.ts';
import { OWN_TOKEN_MS, STEPPED_UP_MS, type TokenVerifier } from '#domain/kernel/ports/tokens.ts';
import type { House } from '#runtime/house.ts';
import type { Known } from '../known.ts';
import type { ProviderPages } from '../sign-ins.ts';

/** A JSON Web Key by its name; with `d` it can sign. */
export interface NamedKey {
  readonly kid: string;
  /** OKP: for Ed25519, by which all may be signed. RSA: for RS256, by which ID tokens are for those who want that. */
  readonly kty?: string | undefined;
  readonly d?: string | undefined;
}

/** What signs tokens now, and what verifies those of before; those for Ed25519 first. */
export interface SigningKeys {
  current(): readonly NamedKey[];
  onChange(changed: (keys: readonly NamedKey[]) => void): void;
}

/** What the provider of tokens is built on. */
export interface ProviderOptions {
  /** The origin that people are sent to. */
  readonly publicUrl: string;
  /** Behind it: where the provider is. */
  readonly path: string;
  readonly audience: string;
  readonly house: House;
  readonly keys: SigningKeys;
  /** Reads the tokens that are made here. */
  readonly tokens: TokenVerifier;
  readonly store: SignInStore;
  readonly sealing: Sealing;
  /** What cookies are signed with. */
  readonly cookieKey: string;
  readonly known: Known;
  /** Whether an operator's shell is a system that people come in by. */
  readonly consoleSignIn: boolean;
  readonly dispatch: Dispatch;
  readonly pages: ProviderPages;
  readonly addressOf: (request: IncomingMessage) => string | undefined;
  readonly allowedOrigin: (origin: string, host?: string) => boolean;
  /** The time of the machine, which is that of the business too: tokens are judged by it. */
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
}

/** What stands in a sign-in that is finished, beside what the library makes of it. */
export interface Proven {
  /** When the password was right. */
  readonly provenAtMs: number;
}

/** What systems can ask for; whatever else they ask for is passed over. */
export const SCOPES: readonly string[] = ['openid', 'email', 'offline_access'];

/** Seconds, unless said otherwise. */
export const lifetimes = {
  accessToken: OWN_TOKEN_MS / 1_000,
  authorizationCode: 60,
  deviceCode: 600,
  idToken: 3_600,
  interaction: 1_800,
  /** Of each: another one is given for it, with as much time again. */
  refreshToken: 14 * 86_400,
  /** Of somebody who does not come again. */
  session: 14 * 86_400,
  /** Of a browser that nobody is signed in by. */
  strangersSession: 3_600,
  /** From signing in to signing in again, whatever happens between. */
  longest: 30 * 86_400,
  /** For how long whoever has proven who they are has done so just before. */
  steppedUp: STEPPED_UP_MS / 1_000,
} as const;
