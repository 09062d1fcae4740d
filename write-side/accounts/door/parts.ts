import { AccountNotActive, AccountUnknown, TooManyLetters } from '#domain/accounts/account/messages.ts';
import { systemActor } from '#domain/kernel/actor.ts';
import type { Dispatch, Reply } from '#domain/kernel/envelope.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { CommandDeclaration, Rejection } from '#domain/kernel/message.ts';
import type { Clock, NewId, RandomBytes } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { Erased } from '#domain/kernel/rejections.ts';
import type { PasskeyAuthentication } from '../../identity/factors/passkey-authentication.ts';
import type { PasskeyRegistration } from '../../identity/factors/passkey-registration.ts';
import type { Blocklist } from '../../identity/passwords/blocklist.ts';
import type { Passwords } from '../../identity/passwords/passwords.ts';
import type { Throttle } from '../../identity/throttling/throttle.ts';
import type { Known, KnownAccount } from '../known.ts';
import type { Administrators } from './administrators.ts';
import type { Counts } from './counts.ts';
import type { Visitor } from './door.ts';
import type { PersonRecords } from './records.ts';

/** What the door is made of: all that is slow, random, kept or secret is handed in. */
export interface DoorParts {
  readonly known: Known;
  readonly dispatch: Dispatch;
  readonly passwords: Passwords;
  readonly blocklist: Blocklist;
  readonly throttle: Throttle;
  readonly counts: Counts;
  readonly passkeys: PasskeyRegistration & PasskeyAuthentication;
  readonly records: PersonRecords;
  /** By which logins and links are named. */
  readonly nameOf: (kind: string, text: string) => string;
  /** Of this platform, for recovery codes alone. */
  readonly recoveryKey: Uint8Array;
  /** The address of whom the operator wants as an administrator. */
  readonly administrator: string | undefined;
  readonly administrators: Pick<Administrators, 'standing'>;
  /** As apps show it beside their codes. */
  readonly issuer: string;
  /** Of the business: by which links end. */
  readonly clock: Pick<Clock, 'now'>;
  /** By which apps make codes, browsers answer in time, and answers are held back. */
  readonly machineClock: Clock;
  /** Answers that tell nothing come at the end of a span of so many milliseconds, whatever was done. */
  readonly levelMs: number;
  readonly newId: NewId;
  readonly random: RandomBytes;
  readonly log: Log;
}

export const nowMs = ({ machineClock }: Pick<DoorParts, 'machineClock'>): number =>
  millisecondsOf(machineClock.now());

export const isRejection = (outcome: object | undefined): outcome is Rejection =>
  outcome !== undefined && 'rejected' in outcome;

/** What a reply has against it; undefined: it is recorded, or there was nothing to do. */
export const refusalOf = (reply: Reply): Rejection | undefined =>
  reply.outcome === 'rejected' ? reply.rejection : undefined;

/** What would tell whoever asks that there is an account, or what has become of it. */
const TELLING: ReadonlySet<string> = new Set(
  [TooManyLetters, AccountNotActive, AccountUnknown, Erased].map(({ code }) => code),
);
/** The same, where whoever asks may be anybody. */
export const silent = (refusal: Rejection | undefined): Rejection | undefined =>
  refusal === undefined || TELLING.has(refusal.code) ? undefined : refusal;

/** Who asks, where the door has checked somebody. */
export const DOOR = systemActor('door');

/** For whom something is recorded, and as what. */
interface RecordedFor extends Partial<Pick<Visitor, 'address'>> {
  /** Who wants it, where another does than whom it is about. */
  readonly asker?: PersonId;
  /** Where a repeat is to be the same command. */
  readonly commandId?: string | undefined;
}

/** Has something recorded about a person, which only the door may say. @param data as JSON */
export const record = async (...asked: Parameters<typeof recorded>): Promise<Rejection | undefined> =>
  refusalOf(await recorded(...asked));

/** As {@link record}, for whoever asks what was recorded by it. */
export function recorded(
  { dispatch, newId }: Pick<DoorParts, 'dispatch' | 'newId'>,
  { type }: CommandDeclaration,
  data: { readonly person: PersonId } & Readonly<Record<string, unknown>>,
  by: RecordedFor = {},
): Promise<Reply> {
  const { asker = data.person, commandId = newId() } = by;
  const address = by.address || undefined;
  return dispatch({
    ...{ command: type, data, commandId, actor: DOOR, onBehalfOf: asker },
    origin: { channel: 'http', ...(address !== undefined && { address }) },
  });
}

/** An account that its person may use; undefined for every other. */
export async function activeAccount(
  known: Known,
  person: PersonId,
): Promise<(KnownAccount & { readonly email: string }) | undefined> {
  const account = await known.account(person);
  if (account?.phase !== 'active' || account.email === undefined) return undefined;
  return { ...account, email: account.email };
}
