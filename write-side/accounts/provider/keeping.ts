import { createHash } from 'node:crypto';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import * as errors from 'oidc-provider/lib/helpers/errors.js';
import { Provider } from 'oidc-provider/lib/provider.js';
import { type Instant, instant } from '#domain/kernel/instant.ts';
import type { SignInRow } from '#domain/kernel/ports/sign-in-store.ts';
import { clientOf } from './clients.ts';
import { type Records, records, uidIn } from './records.ts';
import type { LeftBy, RecordedSessions } from './sessions.ts';
import { lifetimes, type ProviderOptions } from './surroundings.ts';

type Context = NonNullable<ReturnType<typeof currentContext>>;
const currentContext = () => Provider.ctx;

/** Something that a request uses up; written with what takes its place, or at its end. */
interface Spending {
  readonly kind: string;
  readonly id: string;
  /** As it was when it began. */
  readonly found: { readonly row: SignInRow; readonly payload: AdapterPayload } | undefined;
  readonly isWritten: boolean;
}

/** What lets somebody in only as long as they are signed in by the session that it was given in. */
const OF_A_SESSION: readonly string[] = ['Session', 'RefreshToken', 'AuthorizationCode', 'DeviceCode'];
/**
 * Whether it comes from whom it was given to: anybody else is refused, and that shall end nothing. A code is seen by whoever reads an
 * address; of those the verifier tells, which has never been in one.
 */
function isTheirs({ clientId, codeChallenge }: AdapterPayload): boolean {
  const { client, params } = currentContext()?.oidc ?? {};
  if (client?.clientId !== clientId) return false;
  if (codeChallenge === undefined) return true;
  return (
    createHash('sha256')
      .update(String(params?.code_verifier ?? ''))
      .digest('base64url') === codeChallenge
  );
}

/** What is not used twice by anybody honest. */
const USED_ONCE: readonly string[] = ['RefreshToken', 'AuthorizationCode', 'DeviceCode'];

export interface Kept {
  /** By kind. */
  adapter(kind: string): Adapter;
  /** Writes what this request has used and nothing has taken the place of. False: it was used by another. */
  settle(context: Context): Promise<boolean>;
  /** All that was let in by a session of somebody's. */
  forget(uid: string): Promise<void>;
  /** What somebody has allowed, in whichever session. */
  forgetAllowed(person: string): Promise<void>;
  /** Who took part in a session of somebody's, whether it is over or not: a system and what it knows the session by. */
  participants(uid: string): Promise<readonly { readonly client: string; readonly sid: string }[]>;
  /** Somebody has come by a session of theirs. Noted once in a while, so that not every page is a write. */
  used(uid: string): Promise<void>;
  /** When somebody was last known to come by a session, or a system had a token of it renewed; undefined: nobody has noted it. */
  lastUsed(uid: string): Promise<Instant | undefined>;
  /** What a system gives back of what it was let do in a session of somebody's: recorded first. The session goes on. */
  leave(left: LeftBy): Promise<void>;
  /** Whether what a system was let do still stands. @param grant by its name in tokens */
  isGranted(grant: string): Promise<boolean>;
  /** Ends a session for good: recorded first. */
  end(person: string, uid: string, why: 'ended' | 'revoked'): Promise<void>;
}

/** Lets nothing be found that lets somebody in who is not, or that was used by somebody else. */
function guarding({ store, log }: ProviderOptions, sessions: RecordedSessions, { session, opened }: Records) {
  async function forget(uid: string): Promise<void> {
    await store.destroyAll({ session: session(uid) });
  }
  // It is forgotten by whoever tells those who took part in it, who would not be known any more.
  const end = (person: string, uid: string, why: 'ended' | 'revoked'): Promise<void> =>
    sessions.end({ person, uid }, why);

  /** Somebody has what another has, too: nobody goes on by it. */
  async function reused(kind: string, row: SignInRow, payload: AdapterPayload): Promise<void> {
    if (row.grant !== undefined) await store.destroyAll({ grant: row.grant });
    const { accountId, sessionUid } = payload;
    log.warn({ what: kind, person: accountId }, 'something was used twice: all that came of it is revoked');
    if (accountId !== undefined && sessionUid !== undefined) await end(accountId, sessionUid, 'revoked');
  }

  async function admitted(kind: string, row: SignInRow, payload: AdapterPayload): Promise<boolean> {
    const uid = uidIn(kind, payload);
    if (!OF_A_SESSION.includes(kind) || payload.accountId === undefined || uid === undefined) return true;
    if (await sessions.isOpen(payload.accountId, uid)) return true;
    if (row.grant !== undefined) await store.destroyAll({ grant: row.grant });
    return false;
  }

  async function found(kind: string, row: Awaited<ReturnType<typeof store.find>>, name?: string) {
    const payload = row && (await opened(row, name));
    if (row === undefined || payload === undefined) return undefined;
    if (row.isSpent && USED_ONCE.includes(kind) && currentContext()?.oidc.route === 'token') {
      if (isTheirs(payload)) await reused(kind, row, payload);
      return undefined;
    }
    if (!(await admitted(kind, row, payload))) return undefined;
    return row.isSpent ? { ...payload, consumed: true } : payload;
  }

  return { forget, end, reused, found };
}

/** What requests use up, until it is written. */
function spending(
  { store, log }: ProviderOptions,
  { nowMs }: Records,
  { reused }: Pick<ReturnType<typeof guarding>, 'reused'>,
) {
  const spendings = new WeakMap<Context, Spending>();

  /** @throws InvalidGrant where another was faster */
  async function lost({ kind, found }: Spending): Promise<never> {
    if (found !== undefined) await reused(kind, found.row, found.payload);
    throw new errors.InvalidGrant('it was used already');
  }

  /** Once the answer is out nobody needs to use it once more. */
  function whenAnswered(context: Context, { kind, id }: Spending): void {
    context.res.once('finish', () => {
      store.answered({ kind, id }).catch((error: unknown) => {
        log.warn({ err: error }, 'an answer of the provider could not be noted');
      });
    });
  }

  return {
    /** Something is used, by this request or at once. @throws InvalidGrant where another was faster */
    async begin(what: Spending): Promise<void> {
      const context = currentContext();
      const { kind, id } = what;
      if (context !== undefined) spendings.set(context, what);
      else if ((await store.take({ spend: { kind, id }, put: [] }, nowMs())) === 'spent') await lost(what);
    },
    /** Writes a row, with a refresh token what it takes the place of, and what is noted beside. @throws InvalidGrant where another was faster */
    async put(row: SignInRow, beside: readonly SignInRow[]): Promise<void> {
      const context = currentContext();
      const what = context && spendings.get(context);
      if (context === undefined || what === undefined || what.isWritten || row.kind !== 'RefreshToken') {
        await store.take({ put: [row, ...beside] }, nowMs());
        return;
      }
      const { kind, id } = what;
      spendings.set(context, { ...what, isWritten: true });
      if ((await store.take({ spend: { kind, id }, put: [row, ...beside] }, nowMs())) === 'spent')
        await lost(what);
      whenAnswered(context, what);
    },
    async settle(context: Context): Promise<boolean> {
      const what = spendings.get(context);
      if (what === undefined || what.isWritten) return true;
      const { kind, id } = what;
      spendings.set(context, { ...what, isWritten: true });
      if ((await store.take({ spend: { kind, id }, put: [] }, nowMs())) === 'taken') return true;
      await lost(what).catch((error: unknown) => {
        if (!(error instanceof errors.InvalidGrant)) throw error;
      });
      return false;
    },
  };
}

const LAST_USE = 'LastUse';
/** So often a use is noted that writes nothing else. */
const USE_MS = 600_000;

/** When sessions were last used. It is no event: nobody has to know for ever. It goes with all that was let in by its session. */
function lastUses({ store }: ProviderOptions, { nowMs, named, rowOf, opened }: Records) {
  const row = (uid: string): Promise<SignInRow> =>
    rowOf(LAST_USE, uid, { sessionUid: uid, iat: Math.floor(nowMs() / 1_000) }, lifetimes.longest);
  async function lastMs(uid: string): Promise<number | undefined> {
    const known = await store.find(LAST_USE, named(LAST_USE, uid), nowMs());
    const { iat } = (known && (await opened(known))) ?? {};
    return iat === undefined ? undefined : iat * 1_000;
  }
  return {
    row,
    async used(uid: string): Promise<void> {
      const last = await lastMs(uid);
      if (last === undefined || nowMs() - last >= USE_MS)
        await store.take({ put: [await row(uid)] }, nowMs());
    },
    async lastUsed(uid: string): Promise<Instant | undefined> {
      const last = await lastMs(uid);
      return last === undefined ? undefined : instant(last);
    },
  };
}

/** Records what somebody signs out of, or gives back, before it is gone. */
const endings = (
  { store }: Pick<ProviderOptions, 'store'>,
  sessions: RecordedSessions,
  { nowMs, named, opened }: ReturnType<typeof records>,
) =>
  /** @returns whether they sign out */
  async function recordEnd(kind: string, name: string): Promise<boolean> {
    const { route, params } = currentContext()?.oidc ?? {};
    // Whoever says no may be given another name for a session that goes on.
    const isLeft = kind === 'Session' && route === 'end_session_confirm' && Boolean(params?.logout);
    const isRevoked = kind === 'RefreshToken' && route === 'revocation';
    const row = isLeft || isRevoked ? await store.find(kind, named(kind, name), nowMs()) : undefined;
    const payload = row && (await opened(row));
    const uid = payload && uidIn(kind, payload);
    const { accountId: person, clientId: client } = payload ?? {};
    if (person === undefined || uid === undefined) return isLeft;
    if (isLeft) await sessions.end({ person, uid }, 'ended');
    else if (client !== undefined && row?.grant)
      await sessions.left({ person, uid, client, grant: row.grant });
    return isLeft;
  };

/**
 * Where the provider keeps what it remembers: sealed, under names that are hashes. It asks for one thing after another; what it uses
 * and what takes its place are written as one step all the same.
 */
export function keeping(options: ProviderOptions, sessions: RecordedSessions): Kept {
  const { store } = options;
  const recorded = records(options);
  const { nowMs, named, grant, rowOf, opened } = recorded;
  const guard = guarding(options, sessions, recorded);
  const { found } = guard;
  const spent = spending(options, recorded, guard);
  const uses = lastUses(options, recorded);
  const recordEnd = endings(options, sessions, recorded);

  function adapterOf(kind: string): Adapter {
    return {
      async upsert(name, payload, seconds = lifetimes.longest) {
        const { sessionUid: uid } = payload;
        const isUse = kind === 'RefreshToken' && uid !== undefined;
        await spent.put(await rowOf(kind, name, payload, seconds), isUse ? [await uses.row(uid)] : []);
      },
      find: async (name) =>
        kind === 'Client'
          ? clientOf(name, options)
          : found(kind, await store.find(kind, named(kind, name), nowMs()), name),
      findByUid: async (uid) =>
        found(kind, await store.findByAlias(kind, named(`${kind} alias`, uid), nowMs())),
      findByUserCode: async (code) =>
        found(kind, await store.findByAlias(kind, named(`${kind} alias`, code), nowMs())),
      async consume(name) {
        const id = named(kind, name);
        const row = await store.find(kind, id, nowMs());
        const payload = row && (await opened(row, name));
        const known = row && payload && { row, payload };
        await spent.begin({ kind, id, found: known, isWritten: false });
      },
      async destroy(name) {
        const isLeft = await recordEnd(kind, name);
        // Who took part in a session is told by whoever follows what is recorded, and forgotten behind that.
        if (!isLeft) await store.destroy(kind, named(kind, name));
      },
      revokeByGrantId: (id) => store.destroyAll({ grant: grant(id) }),
    };
  }

  return {
    adapter: adapterOf,
    settle: spent.settle,
    async participants(uid) {
      const row = await store.findByAlias('Session', named('Session alias', uid), nowMs());
      const payload = row && (await opened(row));
      return Object.entries(payload?.authorizations ?? {}).flatMap(([client, { sid }]) =>
        sid === undefined ? [] : [{ client, sid }],
      );
    },
    used: uses.used,
    lastUsed: uses.lastUsed,
    forget: guard.forget,
    forgetAllowed: (person) => store.destroyAll({ kind: 'Grant', person: named('person', person) }),
    async leave(left) {
      await sessions.left(left);
      await store.destroyAll({ grant: left.grant });
    },
    isGranted: async (name) => (await store.find('Grant', name, nowMs())) !== undefined,
    end: guard.end,
  };
}
