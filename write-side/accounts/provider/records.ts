import type { AdapterPayload } from 'oidc-provider';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Sealing } from '#domain/kernel/ports/sealing.ts';
import type { SignInRow } from '#domain/kernel/ports/sign-in-store.ts';
import type { ProviderOptions } from './surroundings.ts';

/** In which session something was given, as the provider names it. */
export const uidIn = (kind: string, payload: AdapterPayload): string | undefined =>
  kind === 'Session' ? payload.uid : payload.sessionUid;

/**
 * What a system says of somebody it sends (a hint of their address, a state of its own) stands in a sign-in that is under way, and nobody
 * knows yet whose it is: no erasure could find it. So it is sealed by its own name too, 256 bits that the browser alone keeps.
 */
const OF_A_BROWSER = 'Interaction';
/** Of whom a device waits for: two know such a code, and the pages can do without. */
const HINTS = ['login_hint', 'id_token_hint'];

function withoutHints(payload: AdapterPayload): AdapterPayload {
  const params = Object.entries(payload.params ?? {}).filter(([name]) => !HINTS.includes(name));
  return { ...payload, params: Object.fromEntries(params) };
}

/** How what the provider remembers is written: sealed, under names that are hashes. */
export function records({ sealing, clock }: Pick<ProviderOptions, 'sealing' | 'clock'>) {
  const nowMs = (): number => millisecondsOf(clock.now());
  const named = (kind: string, name: string): string =>
    sealing.fingerprint(new TextEncoder().encode(`${kind} ${name}`));
  const session = (uid: string): string => named('session uid', uid);
  const grant = (id: string): string => named('Grant', id);

  const sealedBy = (kind: string, name: string | undefined): Pick<Sealing, 'seal' | 'open'> =>
    kind === OF_A_BROWSER && name !== undefined ? sealing.under(name) : sealing;

  async function rowOf(
    kind: string,
    name: string,
    payload: AdapterPayload,
    seconds: number,
  ): Promise<SignInRow> {
    const id = named(kind, name);
    const kept = kind === 'DeviceCode' ? withoutHints(payload) : payload;
    const uid = uidIn(kind, payload);
    const alias = kind === 'Session' ? payload.uid : payload.userCode;
    const grantId = kind === 'Grant' ? name : payload.grantId;
    return {
      ...{ kind, id, endsAtMs: nowMs() + seconds * 1_000 },
      grant: grantId === undefined ? undefined : grant(grantId),
      session: uid === undefined ? undefined : session(uid),
      person: payload.accountId === undefined ? undefined : named('person', payload.accountId),
      alias: alias === undefined ? undefined : named(`${kind} alias`, alias),
      // With its place: a row that somebody has moved opens nowhere else.
      sealed: await sealedBy(kind, name).seal(JSON.stringify({ kind, id, payload: kept })),
    };
  }

  /** @param name what it was asked for by; undefined: by another of its names */
  async function opened({ kind, id, sealed }: SignInRow, name?: string): Promise<AdapterPayload | undefined> {
    const text = await sealedBy(kind, name).open(new TextEncoder().encode(sealed));
    if (text === undefined) return undefined;
    const inside = JSON.parse(text) as { kind: string; id: string; payload: AdapterPayload };
    return inside.kind === kind && inside.id === id ? inside.payload : undefined;
  }

  return { nowMs, named, session, grant, rowOf, opened };
}
export type Records = ReturnType<typeof records>;
