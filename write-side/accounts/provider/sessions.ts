import type Provider from 'oidc-provider';
import {
  EndSessions,
  LeaveSession,
  OpenSession,
  type SessionEnd,
} from '#domain/accounts/sessions/messages.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import { instant, later } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { DOOR } from '../door/parts.ts';
import { lifetimes, type ProviderOptions } from './surroundings.ts';

// A session of the provider is a session of a person's, which is recorded: it is opened before a browser goes on by it, and nothing is
// done by it once it is recorded to be over.

/** Names of ours begin with a letter, which the provider's need not. */
export const sessionOf = (uid: string): string => `s${uid}`;
export const uidOf = (session: string): string => session.slice(1);

/** What the library's sessions have, which its types do not tell. */
interface SidOfSystem {
  readonly uid: string;
  /** Without a name the one that there is; else it is set. */
  sidFor(client: string, name?: string): string | undefined;
}

/**
 * A session is one thing to whoever hears of it: `sid` is the same in tokens of the API, in ID tokens and in logout tokens. The library makes up
 * another name for each system; what was given out under such a name keeps it.
 */
export function namesAsRecorded({ Session }: Provider): void {
  const { sidFor } = Session.prototype as unknown as SidOfSystem;
  Object.assign(Session.prototype, {
    sidFor(this: SidOfSystem, client: string, name?: string): string | undefined {
      return sidFor.call(this, client, name === undefined ? undefined : sessionOf(this.uid));
    },
  });
}

/** What a system was let do, by its name in tokens. */
export interface LeftBy {
  readonly person: PersonId;
  readonly uid: string;
  readonly client: string;
  readonly grant: string;
}

export interface RecordedSessions {
  /** @returns why not @throws StoreError; Error where it is not known whether it was recorded */
  open(of: {
    readonly person: PersonId;
    readonly uid: string;
    readonly client: string;
    readonly address: string | undefined;
    /** As people call it. */
    readonly browser: string | undefined;
    readonly provenAtMs: number;
  }): Promise<Rejection | undefined>;
  end(of: { readonly person: PersonId; readonly uid: string }, why: SessionEnd): Promise<void>;
  /** A system gives back what it was let do there. */
  left(of: LeftBy): Promise<void>;
  /** Whether it has not ended, and whoever it is of may come in. @throws StoreError */
  isOpen(person: PersonId, uid: string): Promise<boolean>;
}

export function recordedSessions({
  known,
  dispatch,
  newId,
  clock,
}: Pick<ProviderOptions, 'known' | 'dispatch' | 'newId' | 'clock'>): RecordedSessions {
  async function send(command: string, person: PersonId, data: object, address: string | undefined) {
    const reply = await dispatch({
      ...{ command, data, commandId: newId(), actor: DOOR, onBehalfOf: person },
      origin: { channel: 'http', ...(address !== undefined && { address }) },
    });
    if (reply.outcome === 'pending') throw new Error(`${command} is not known to be recorded`);
    return reply.outcome === 'rejected' ? reply.rejection : undefined;
  }
  return {
    open({ person, uid, client, address, browser, provenAtMs }) {
      const expiresAt = later(clock.now(), lifetimes.longest * 1_000);
      const data = { person, session: sessionOf(uid), client, expiresAt, provenAt: instant(provenAtMs) };
      const from = { ...(address !== undefined && { address }), ...(browser !== undefined && { browser }) };
      return send(OpenSession.type, person, { ...data, ...from }, address);
    },
    async end({ person, uid }, why) {
      const refused = await send(
        EndSessions.type,
        person,
        { person, session: sessionOf(uid), why },
        undefined,
      );
      if (refused !== undefined) throw new Error(`a session cannot be ended: ${refused.code}`);
    },
    async left({ person, uid, client, grant }) {
      const data = { person, session: sessionOf(uid), client, grant };
      const refused = await send(LeaveSession.type, person, data, undefined);
      if (refused !== undefined) throw new Error(`a system cannot leave a session: ${refused.code}`);
    },
    async isOpen(person, uid) {
      const session = sessionOf(uid);
      const [account, sessions] = await Promise.all([known.account(person), known.sessions(person)]);
      return account?.phase === 'active' && sessions.some((open) => open.session === session);
    },
  };
}
