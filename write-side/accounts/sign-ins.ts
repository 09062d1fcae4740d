import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PersonId } from '#domain/kernel/ids.ts';
import type { Instant } from '#domain/kernel/instant.ts';
import type { Language } from '#domain/kernel/ports/mail.ts';
import type { Method } from './door/door.ts';

// Between the provider of tokens, which knows the browser and the system that sent it, and the pages, which ask people who they are.

/** What was asked so far in a sign-in that is under way; kept beside it, never by the browser. */
export interface Progress {
  readonly person: PersonId;
  readonly methods: readonly Method[];
  readonly atMs: number;
}

/** Something that a browser was sent to the pages for. */
export interface SignInUnderWay {
  readonly uid: string;
  /** Who are you; and may this system have that. */
  readonly prompt: 'login' | 'consent';
  /** Whoever is signed in is to prove once more that it is they; else anybody may come in, also where somebody is. */
  readonly stepUp: boolean;
  readonly client: {
    readonly id: string;
    readonly name: string;
    /** Whether it is these pages themselves. */
    readonly isOwn: boolean;
  };
  /** Host, or scheme of an app, that the browser is taken to in the end; undefined: none, a device waits. */
  readonly leadsTo: string | undefined;
  /** For how long the system may go on by what it is let have, at most; undefined: as long as its first token lives, some minutes. */
  readonly lastsDays: number | undefined;
  /** What the system asks for, and would be given. */
  readonly scopes: readonly string[];
  /** Who is signed in already. */
  readonly person: PersonId | undefined;
  readonly progress: Progress | undefined;
  readonly loginHint: string | undefined;
  readonly languages: readonly Language[];
}

export interface SignIns {
  // A browser has one in each of its tabs, if it likes: `uid` says which.
  /** Undefined: this browser has no such one under way, or its time is over. */
  find(request: IncomingMessage, response: ServerResponse, uid: string): Promise<SignInUnderWay | undefined>;
  /** All that this browser has under way, the newest first. */
  underWay(request: IncomingMessage, response: ServerResponse): Promise<readonly SignInUnderWay[]>;
  remember(
    request: IncomingMessage,
    response: ServerResponse,
    uid: string,
    progress: Progress,
  ): Promise<void>;
  // Where the browser goes on to is told, and it is not sent there. It is a path of ours, which the provider answers: by the next question,
  // or by a page that leads to the system.
  /** They have proven who they are. @returns where the browser goes on to */
  finish(
    request: IncomingMessage,
    response: ServerResponse,
    uid: string,
    proven: {
      readonly person: PersonId;
      readonly methods: readonly Method[];
      /** Before the first of them was looked at: a password may be changed meanwhile. */
      readonly atMs: number;
    },
  ): Promise<string>;
  /** Somebody else is asked who they are in its place. Whoever is signed in stays so until they have come in. */
  another(request: IncomingMessage, response: ServerResponse, uid: string): Promise<void>;
  /** They let the system have what it asks for. @returns where the browser goes on to */
  allow(request: IncomingMessage, response: ServerResponse, uid: string): Promise<string>;
  /** They do not want to. @returns where the browser goes on to, and from there back to where it came from */
  abort(request: IncomingMessage, response: ServerResponse, uid: string): Promise<string>;
}

/** Who is signed in by this browser at the pages of their own account. */
export interface Browsers {
  who(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<
    { readonly person: PersonId; readonly session: string; readonly steppedUp: boolean } | undefined
  >;
  /** Whoever is signed in has just shown that they have this, too. */
  proved(request: IncomingMessage, response: ServerResponse, method: Method): Promise<void>;
  /** When a session was last known to be used, here or by a system, to some minutes; undefined: nobody has noted it. */
  lastUsed(session: string): Promise<Instant | undefined>;
  /** Sends the browser to sign in, or to prove once more who they are, and back to this path of ours. */
  signIn(
    request: IncomingMessage,
    response: ServerResponse,
    then: { readonly backTo: string; readonly stepUp?: boolean },
  ): Promise<void>;
  /** Ends the session of this browser, recorded, and sends it on to a path of ours. */
  signOut(request: IncomingMessage, response: ServerResponse, backTo: string): Promise<void>;
}

/** Why a code of a device was not taken: for what it is, for the form it came in, or for a failure of ours. */
export type DeviceProblem = 'unknown_code' | 'expired' | 'aborted' | 'no_code' | 'form_over' | 'failed';

/** What the provider shows people by itself; each a whole page. `form` is a form of the provider's. */
export interface ProviderPages {
  /** What each of them is sent with. */
  headers(): Readonly<Record<string, string>>;
  /** Leads out of here, by itself and by a button. @param of `to`: the address of a system, or of its app */
  leaving(of: { readonly to: string; readonly language: Language }): string;
  /** Type in the code that a device shows. */
  deviceCode(of: {
    readonly form: string;
    readonly language: Language;
    readonly problem?: DeviceProblem | undefined;
    /** As somebody has typed it in before. */
    readonly code?: string | undefined;
  }): string;
  deviceConfirm(of: {
    readonly form: string;
    readonly language: Language;
    readonly client: string;
    readonly code: string;
  }): string;
  deviceDone(of: { readonly language: Language; readonly client: string }): string;
  signOut(of: { readonly form: string; readonly language: Language }): string;
  /** Behind the question whether to sign out. @param of `isSignedIn`: they have said no */
  signedOut(of: { readonly language: Language; readonly isSignedIn: boolean }): string;
  /**
   * A sign-in that has come to nothing: they have stopped it, may not come in, or it is over.
   *
   * @param of `again`: a path of ours where it begins anew; undefined: nobody knows where they wanted to
   */
  notSignedIn(of: {
    readonly language: Language;
    readonly why: 'stopped' | 'refused' | 'over';
    readonly again: string | undefined;
    readonly isSignedIn: boolean;
  }): string;
  problem(of: {
    readonly language: Language;
    readonly code: string;
    readonly description: string | undefined;
  }): string;
}
