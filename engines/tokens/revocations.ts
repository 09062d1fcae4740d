import { type Instant, later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Revocations, Revoked } from '#domain/kernel/ports/revocations.ts';
import type { Identity, TokenVerifier } from '#domain/kernel/ports/tokens.ts';
import { Overloaded, RejectedError } from '#domain/kernel/rejections.ts';

/** At some hundred bytes each. With tokens of five minutes that is 300 revocations a second. */
const REMEMBERED = 100_000;
/** How far clocks may differ, with which a token is taken behind its end. */
const TOLERANCE_MS = 60_000;
const RETRY_AFTER_MS = 60_000;

interface Entry {
  readonly since: Instant;
  readonly until: Instant;
}
type Known = Pick<Identity, 'actor' | 'token'>;

const keyOf = (what: Revoked): string => {
  if ('token' in what) return `token ${what.token}`;
  return 'session' in what ? `session ${what.session}` : `person ${what.person}`;
};

const keysOf = ({ actor, token: { id, session } }: Known): readonly string[] => [
  ...(id === undefined ? [] : [keyOf({ token: id })]),
  ...(session === undefined ? [] : [keyOf({ session })]),
  keyOf({ person: actor.id }),
];

/** Who waits to be told, by what may be revoked. Holds no more than is watched. */
function watchers() {
  const byKey = new Map<string, Set<() => void>>();
  return {
    of: (key: string): readonly (() => void)[] => [...(byKey.get(key) ?? [])],
    add(keys: readonly string[], look: () => void): () => void {
      for (const key of keys) byKey.set(key, (byKey.get(key) ?? new Set()).add(look));
      return () => {
        for (const key of keys) {
          const watching = byKey.get(key);
          if (watching?.delete(look) && watching.size === 0) byKey.delete(key);
        }
      };
    },
  };
}

/** What was revoked, in this process. @param clock the one that tokens are dated by */
export function revocationsHere(
  clock: Pick<Clock, 'now'>,
  { most = REMEMBERED }: { readonly most?: number } = {},
): Revocations {
  const entries = new Map<string, Entry>();
  const watching = watchers();

  /** @throws RejectedError: to forget one that still holds would let its token in again */
  function makeRoom(): void {
    const now = clock.now();
    for (const [key, { until }] of entries) if (later(until, TOLERANCE_MS) < now) entries.delete(key);
    if (entries.size >= most) throw new RejectedError(Overloaded({ retryAfterMs: RETRY_AFTER_MS }));
  }

  function isRevoked(known: Known): boolean {
    const { issuedAt } = known.token;
    return keysOf(known).some((key) => {
      const entry = entries.get(key);
      if (entry === undefined) return false;
      // What a person was issued behind it stands; what does not say when it was issued, does not.
      return !key.startsWith('person ') || issuedAt === undefined || issuedAt <= entry.since;
    });
  }

  return {
    revoke(what, until, since = clock.now()) {
      const key = keyOf(what);
      const before = entries.get(key);
      if (before === undefined && entries.size >= most) makeRoom();
      const last = before !== undefined && before.until > until ? before.until : until;
      // What was told later may be of before: nothing that is revoked holds again by it.
      const latest = before !== undefined && before.since > since ? before.since : since;
      entries.set(key, { since: latest, until: last });
      for (const look of watching.of(key)) look();
    },
    isRevoked,
    watch(known, revoked) {
      if (isRevoked(known)) {
        revoked();
        return () => undefined;
      }
      const end = watching.add(keysOf(known), () => {
        if (!isRevoked(known)) return;
        end();
        revoked();
      });
      return end;
    },
  };
}

/** Takes no token that was revoked, whatever the moment at which its time is judged. */
export const revocableVerifier = (
  verifier: TokenVerifier,
  revocations: Pick<Revocations, 'isRevoked'>,
): TokenVerifier => ({
  async verify(token, at) {
    const identity = await verifier.verify(token, at);
    return identity === undefined || revocations.isRevoked(identity) ? undefined : identity;
  },
});
