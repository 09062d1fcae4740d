import assert from 'node:assert/strict';
import { argon2Sync } from 'node:crypto';
import { after } from 'node:test';
import { grantedAdministrators } from '#compose/administrators.ts';
import { knownOf } from '#compose/known.ts';
import { personPlaces } from '#compose/person-places.ts';
import { type LinkPurpose, links, linkTo } from '#domain/accounts/links.ts';
import type { StoredEvent } from '#domain/kernel/envelope.ts';
import { instant, millisecondsOf } from '#domain/kernel/instant.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import type { PasswordHashing } from '#domain/kernel/ports/password-hashing.ts';
import { sqliteAttempts } from '#engines/attempts/sqlite.ts';
import { systemClock } from '#engines/clock/system.ts';
import { administrators } from '#write-side/accounts/door/administrators.ts';
import { countLimits, counts } from '#write-side/accounts/door/counts.ts';
import type { Door, Visitor } from '#write-side/accounts/door/door.ts';
import { openDoor } from '#write-side/accounts/door/opened.ts';
import type { DoorParts } from '#write-side/accounts/door/parts.ts';
import { personRecords } from '#write-side/accounts/door/records.ts';
import { noteLockOut } from '#write-side/accounts/door/signing-in.ts';
import { challenges } from '#write-side/identity/factors/challenges.ts';
import { passkeyAuthentication } from '#write-side/identity/factors/passkey-authentication.ts';
import { passkeyRegistration } from '#write-side/identity/factors/passkey-registration.ts';
import { readBlocklist } from '#write-side/identity/passwords/blocklist.ts';
import { passwords } from '#write-side/identity/passwords/passwords.ts';
import type { argon2Cost } from '#write-side/identity/passwords/verifier.ts';
import { throttle } from '#write-side/identity/throttling/throttle.ts';
import { givenAccounts } from './accounts.ts';
import { seededBytes } from './seeded.ts';

export const PASSWORD = 'correct horse battery staple';
export const ORIGIN = 'https://annals.example';
export const RP_ID = 'annals.example';
export const visitor: Visitor = { address: '203.0.113.7', language: 'fr' };

/** Less than what is used: what is tested is what is done, not how slow it is. */
const CHEAP = { memoryKib: 64, passes: 1, lanes: 1 };
/** The same work, here and now, and how often it was done. */
function hashingHere(): PasswordHashing & { readonly times: () => number } {
  let times = 0;
  return {
    async argon2id({ secret, salt, tagBytes, memoryKib, passes, lanes }) {
      times += 1;
      return argon2Sync('argon2id', {
        ...{ message: secret, nonce: salt, tagLength: tagBytes, memory: memoryKib, passes },
        parallelism: lanes,
      });
    },
    close: async () => undefined,
    times: () => times,
  };
}

/** The same door, where something happens behind what it has looked at and before this command of it is decided. */
export const meanwhile = (parts: DoorParts, type: string, happens: () => Promise<void>): Door =>
  openDoor({
    ...parts,
    async dispatch(message) {
      if (message.command === type) await happens();
      return parts.dispatch(message);
    },
  });

/** The door over a write side in memory, of real parts; its machine's clock goes on by itself and may be moved. */
export function givenDoor(
  options: Parameters<typeof givenAccounts>[0] & {
    readonly cost?: typeof argon2Cost;
    readonly parts?: Partial<DoorParts>;
  } = {},
) {
  const accounts = givenAccounts(options);
  const { pipeline, personKeys, store, registry, clock, newId } = accounts;
  let movedMs = 0;
  const system = systemClock();
  const machineClock = {
    ...system,
    now: () => instant(millisecondsOf(system.now()) + movedMs),
    at: (moment: string, due: () => void) => system.at(instant(millisecondsOf(moment) - movedMs), due),
  };
  const hashing = hashingHere();
  const attempts = sqliteAttempts(':memory:');
  after(() => attempts.close());
  const key = new Uint8Array(32).fill(7);
  const random = seededBytes(options.seed ?? 1);
  const known = knownOf({ stateOf: pipeline.stateOf, personKeys, clock });
  const nameOf = (kind: string, text: string) => personKeys.nameOf(kind, text);
  const shared = { known, dispatch: pipeline.dispatch, newId, nameOf, clock, log: noLog };
  const party = {
    settings: { rpId: RP_ID, rpName: 'Annals', origins: [ORIGIN] },
    challenges: challenges(random),
  };
  const lockOuts: Promise<void>[] = [];
  const parts: DoorParts = {
    ...shared,
    passwords: passwords({ hashing, random, cost: options.cost ?? CHEAP }),
    blocklist: readBlocklist(),
    throttle: throttle({
      ...{ store: attempts, clock: machineClock, key },
      usedUp: (who, lastsMs) => void lockOuts.push(noteLockOut(shared, who, lastsMs)),
    }),
    counts: counts({ store: attempts, clock: machineClock, key, limits: countLimits }),
    passkeys: { ...passkeyRegistration(party), ...passkeyAuthentication(party) },
    records: personRecords({ store, registry, personKeys, places: personPlaces }),
    recoveryKey: key,
    ...{ issuer: 'Annals', machineClock, levelMs: 1, random, administrator: undefined },
    administrators: administrators({ known }, () => grantedAdministrators(store), noLog),
    ...options.parts,
  };
  const door = openDoor(parts);

  /** All that is stored, as it is. */
  async function stored(): Promise<readonly StoredEvent[]> {
    return (await store.readAll({ limit: 1_000 })).events;
  }
  async function last(type: string): Promise<StoredEvent> {
    return (await stored()).findLast((event) => event.type === type) ?? assert.fail(`no ${type}`);
  }

  return {
    ...accounts,
    ...{ door, parts, known, stored, last },
    hashed: hashing.times,
    lockOuts: () => Promise.all(lockOuts),
    machineNowMs: () => millisecondsOf(machineClock.now()),
    pass(milliseconds: number) {
      movedMs += milliseconds;
    },
    holderOf: (email: string) => known.holderOf(nameOf('login', email)),
    /** The token of the link that a mail about the last such event has. */
    async linkOf(purpose: LinkPurpose, type: string): Promise<string> {
      const { data, recordedAt: since } = await last(type);
      const said = data as { person: string; login?: string; since?: string };
      const { person, login = '', since: from = '' } = said;
      const bound = { reset: from, email: login, verify: login };
      const link = linkTo({ purpose, person, boundTo: bound[purpose], since }, { publicUrl: ORIGIN, nameOf });
      assert.ok(link.startsWith(`${ORIGIN}${links[purpose].path}?`));
      return new URL(link).searchParams.get('token') ?? '';
    },
    /** Somebody who is registered and can be reached. */
    async registered(email = 'ann@mail.example', password = PASSWORD): Promise<string> {
      assert.equal(await door.register({ email, password }, visitor), undefined);
      const person = (await known.holderOf(nameOf('login', email))) ?? assert.fail('nobody is registered');
      await accounts.tell('VerifyEmail', { person });
      return person;
    },
  };
}

/** The code of a rejection; `undefined` where there is none. */
export const codeOf = (outcome: unknown): string | undefined =>
  typeof outcome === 'object' && outcome !== null && 'rejected' in outcome
    ? (outcome as unknown as { readonly code: string }).code
    : undefined;

/** What was wanted, and no rejection. */
export function granted<T>(outcome: T): Exclude<T, { readonly rejected: true } | undefined> {
  assert.equal(codeOf(outcome), undefined);
  return outcome as Exclude<T, { readonly rejected: true } | undefined>;
}
