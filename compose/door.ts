import type { Config } from '#config';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Sealing } from '#domain/kernel/ports/sealing.ts';
import { sqliteAttempts } from '#engines/attempts/sqlite.ts';
import { attemptsFileIn } from '#engines/folder.ts';
import { threadedHashing } from '#engines/password-hashing/hashing.ts';
import { systemRandomBytes } from '#engines/random.ts';
import { temporarySealing } from '#engines/sealing.ts';
import { nameOfHouse } from '#runtime/house.ts';
import { every } from '#runtime/pause.ts';
import { administrators } from '#write-side/accounts/door/administrators.ts';
import { appoint } from '#write-side/accounts/door/appointing.ts';
import { counts } from '#write-side/accounts/door/counts.ts';
import type { Door } from '#write-side/accounts/door/door.ts';
import { openDoor } from '#write-side/accounts/door/opened.ts';
import type { DoorParts } from '#write-side/accounts/door/parts.ts';
import { personRecords } from '#write-side/accounts/door/records.ts';
import { noteLockOut } from '#write-side/accounts/door/signing-in.ts';
import type { Known } from '#write-side/accounts/known.ts';
import { challenges } from '#write-side/identity/factors/challenges.ts';
import type { PasskeySettings } from '#write-side/identity/factors/passkey.ts';
import { passkeyAuthentication } from '#write-side/identity/factors/passkey-authentication.ts';
import { passkeyRegistration } from '#write-side/identity/factors/passkey-registration.ts';
import { readBlocklist } from '#write-side/identity/passwords/blocklist.ts';
import { passwords } from '#write-side/identity/passwords/passwords.ts';
import { throttle } from '#write-side/identity/throttling/throttle.ts';
import type { Pipeline } from '#write-side/pipeline/pipeline.ts';
import { grantedAdministrators } from './administrators.ts';
import { registry } from './contexts.ts';
import type { CommonEngines } from './engines.ts';
import { knownOf } from './known.ts';
import { masterSecretOf } from './person-keys.ts';
import { personPlaces } from './person-places.ts';

/** Answers that tell nothing come at the end of a span of this: longer than what is recorded behind them takes, as a rule. */
const LEVEL_MS = 250;
/** Between two looks whether anybody is an administrator. */
const LOOK_MS = 3_600_000;

export interface OpenedDoor {
  readonly door: Door;
  readonly known: Known;
  /** For what pages have browsers keep for a minute: where the process ends meanwhile, a form comes again without what was wrong with it. */
  readonly sealing: Sealing;
  /** Sees to the administrator whom the operator has named. */
  readonly appoint: () => Promise<void>;
  /** Nobody's password is hashed any more. */
  close(): Promise<void>;
}

export interface DoorOptions {
  readonly config: Config;
  readonly log: Log;
  readonly pipeline: Pick<Pipeline, 'dispatch' | 'stateOf'>;
  /** The origin that people are sent to; known with the first request. */
  readonly publicUrl: () => string;
}

/** A passkey belongs to the host that people are sent to, and is used on pages of that origin alone. */
const passkeySettings = (publicUrl: () => string, rpName: string): PasskeySettings => ({
  get rpId() {
    return new URL(publicUrl()).hostname;
  },
  rpName,
  get origins() {
    return [new URL(publicUrl()).origin];
  },
});

/**
 * The door of accounts. All its keys come from the secret that wraps the keys of people: there is no other to be kept, and what is named by
 * them is known again after a restart.
 *
 * @throws as {@link masterSecretOf}; what the system says of a folder that takes no file
 */
export async function doorOf(
  engines: Pick<CommonEngines, 'store' | 'personKeys' | 'clock' | 'machineClock' | 'newId'>,
  { config, log, pipeline, publicUrl }: DoorOptions,
): Promise<OpenedDoor> {
  const { store, personKeys, clock, machineClock, newId } = engines;
  const secret = await masterSecretOf(config);
  const attempts = sqliteAttempts(attemptsFileIn(config.dataDir));
  const hashing = threadedHashing();
  const random = systemRandomBytes;
  const known = knownOf({ stateOf: pipeline.stateOf, personKeys, clock });
  const key = secret.keyFor('attempts at the door');
  // As apps and browsers show it beside codes and passkeys.
  const name = nameOfHouse(config.house);
  const party = { settings: passkeySettings(publicUrl, name), challenges: challenges(random) };
  const { dispatch } = pipeline;
  const nameOf = (kind: string, text: string) => personKeys.nameOf(kind, text);
  const shared = { known, dispatch, newId, nameOf, clock, log };
  const house = administrators({ known }, () => grantedAdministrators(store), log);
  const stopLooking = every(machineClock, LOOK_MS, () => void house.look());
  const parts: DoorParts = {
    ...shared,
    passwords: passwords({ hashing, random }),
    blocklist: readBlocklist(),
    throttle: throttle({
      ...{ store: attempts, clock: machineClock, key },
      usedUp: (who, lastsMs) => void noteLockOut(shared, who, lastsMs),
    }),
    counts: counts({ store: attempts, clock: machineClock, key }),
    passkeys: { ...passkeyRegistration(party), ...passkeyAuthentication(party) },
    records: personRecords({ store, registry, personKeys, places: personPlaces }),
    recoveryKey: secret.keyFor('recovery codes'),
    ...{ administrator: config.firstAdmin, administrators: house },
    issuer: name,
    ...{ machineClock, levelMs: LEVEL_MS, random },
  };
  return {
    door: openDoor(parts),
    known,
    sealing: temporarySealing(),
    async appoint() {
      await appoint(parts);
      await house.look();
    },
    async close() {
      stopLooking();
      await hashing.close();
      attempts.close();
    },
  };
}
