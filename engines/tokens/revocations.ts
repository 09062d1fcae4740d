import { type Instant, later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Revocations, Revoked } from '#domain/kernel/ports/revocations.ts';
import {
  type Identity,
  isPasswordAlone,
  type TokenNames,
  type TokenVerifier,
} from '#domain/kernel/ports/tokens.ts';

/** At some hundred bytes each. With tokens of five minutes that is 300 revocations a second. */
const REMEMBERED = 100_000;
/** How far clocks may differ, with which a token is taken behind its end. */
const TOLERANCE_MS = 60_000;
/** As exactly as tokens tell when they were issued. */
const SECOND_MS = 1_000;

/** Instants are texts that sort as the moments do. */
const latest = (moments: readonly Instant[]): Instant => moments.reduce((a, b) => (a < b ? b : a));

interface Entry {
  readonly since: Instant;
  readonly until: Instant;
  /** Of the event by which it was revoked; undefined: only the time is known. */
  readonly revision: number | undefined;
}
type Known = Pick<Identity, 'actor' | 'token'>;

/** Of two events the later one; undefined where one of them is not known. */
const laterOf = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? undefined : Math.max(one, other);

const keyOf = (what: Revoked): string => {
  if ('token' in what) return `token ${what.token}`;
  if ('client' in what) return `client ${what.client}`;
  if ('key' in what) return `key ${what.key}`;
  if ('grant' in what) return `grant ${what.grant}`;
  if ('passwordOf' in what) return `password ${what.passwordOf}`;
  return 'session' in what ? `session ${what.session}` : `person ${what.person}`;
};

const keysOf = ({
  actor,
  token: { id, session, grant, client, signedBy, steppedUpBy },
}: Known): readonly string[] => [
  ...(id === undefined ? [] : [keyOf({ token: id })]),
  ...(session === undefined ? [] : [keyOf({ session })]),
  ...(grant === undefined ? [] : [keyOf({ grant })]),
  ...(client === undefined ? [] : [keyOf({ client })]),
  ...(signedBy === undefined ? [] : [keyOf({ key: signedBy })]),
  keyOf({ person: actor.id }),
  ...(steppedUpBy !== undefined && isPasswordAlone(steppedUpBy) ? [keyOf({ passwordOf: actor.id })] : []),
];

/** Who waits to be told, by what may be revoked. Holds no more than is watched. */
function watchers() {
  const byKey = new Map<string, Set<() => void>>();
  return {
    of: (key: string): readonly (() => void)[] => [...(byKey.get(key) ?? [])],
    all: (): readonly (() => void)[] => [...new Set([...byKey.values()].flatMap((looks) => [...looks]))],
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

/**
 * What was revoked, in this process.
 *
 * Where more is revoked than can be remembered, nothing is forgotten: all tokens that were issued up to that second are taken no more, and
 * whoever has one gets another where they are still let in.
 *
 * @param clock the one that tokens are dated by
 * @param options.skewMs how far the clock of whoever issues tokens may be ahead of the one of the history
 */
export function revocationsHere(
  clock: Pick<Clock, 'now'>,
  { most = REMEMBERED, skewMs = 0 }: { readonly most?: number; readonly skewMs?: number } = {},
): Revocations {
  const entries = new Map<string, Entry>();
  const watching = watchers();
  /** Of nobody in particular: what was issued up to then is not taken, whoever has it. */
  let everybody: Instant | undefined;

  function makeRoom(since: Instant): void {
    const now = clock.now();
    for (const [key, { until }] of entries) if (later(until, TOLERANCE_MS) < now) entries.delete(key);
    if (entries.size < most) return;
    // All that is remembered is of tokens from before.
    everybody = latest([now, since, ...(everybody === undefined ? [] : [everybody])]);
    entries.clear();
    for (const look of watching.all()) look();
  }

  /** What does not say when it was issued was so before. */
  const isBefore = (issuedAt: Instant | undefined, since: Instant): boolean =>
    issuedAt === undefined || later(issuedAt, -skewMs) <= since;

  /** Whoever knows of what was revoked was issued behind it, also in the same second; whoever does not, before, whatever their clock says. */
  function isOf({ issuedAt, asOf }: TokenNames, { since, revision }: Entry): boolean {
    if (asOf === undefined || issuedAt === undefined || revision === undefined)
      return isBefore(issuedAt, since);
    // Where a history was cut, what has come since counts anew: then the seconds tell.
    return asOf < revision || later(issuedAt, SECOND_MS) <= since;
  }

  function isRevoked(known: Known): boolean {
    const { issuedAt } = known.token;
    if (everybody !== undefined && isBefore(issuedAt, everybody)) return true;
    return keysOf(known).some((key) => {
      const entry = entries.get(key);
      if (entry === undefined) return false;
      // What a person was issued behind it stands, and what a key has signed that has come back.
      return !/^(person|password|key) /.test(key) || isOf(known.token, entry);
    });
  }

  return {
    revoke(what, until, { since = clock.now(), revision } = {}) {
      const key = keyOf(what);
      const before = entries.get(key);
      if (before === undefined && entries.size >= most) makeRoom(since);
      entries.set(key, {
        // What was told later may be of before: nothing that is revoked holds again by it.
        since: latest([since, before?.since ?? since]),
        until: latest([until, before?.until ?? until]),
        revision: before === undefined ? revision : laterOf(revision, before.revision),
      });
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
