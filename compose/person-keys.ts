import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { type Config, UnusableError } from '#config';
import { accountStream } from '#domain/accounts/account/messages.ts';
import { BEGINNING } from '#domain/kernel/envelope.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import { instant } from '#domain/kernel/instant.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import { masterKeyFileIn } from '#engines/folder.ts';
import { personKeys } from '#engines/person-keys/held.ts';
import { KEY_BYTES, type MasterKey, masterKey } from '#engines/person-keys/key.ts';
import { memoryKeyRows } from '#engines/person-keys/memory.ts';
import { sqliteKeyRows } from '#engines/person-keys/sqlite/rows.ts';
import { wrappedByIn } from '#engines/person-keys/sqlite/wrapped-by.ts';
import { systemRandomBytes } from '#engines/random.ts';
import type { ServiceKey } from '#engines/service-key.ts';
import { watched } from '#engines/standing.ts';
import { secretOf } from './service-key.ts';

const PURPOSE = 'keys of people';
type At = Pick<Config, 'personKeys' | 'dataDir'>;

/** The one secret that all keys about people come from, each for its purpose. @throws as {@link secretOf} */
export const masterSecretOf = ({ personKeys: { masterKeyFile }, dataDir }: At): Promise<ServiceKey> =>
  secretOf({
    setting: 'MASTER_KEY_FILE',
    given: masterKeyFile,
    made: masterKeyFileIn(dataDir),
    remedy: 'Bring it back: without it nothing that was recorded about people can be read.',
  });

/** What wraps the keys of people. @throws as {@link secretOf} */
export async function masterKeyOf(at: At): Promise<MasterKey> {
  return masterKey((await masterSecretOf(at)).keyFor(PURPOSE));
}

/**
 * Under another master key nobody's key opens: whoever has the right password would be told that it is wrong.
 *
 * @throws UnusableError
 */
function demandMasterKey(file: string, wrappedBy: string): void {
  const known = wrappedByIn(file);
  if (known === undefined || known === wrappedBy) return;
  const why = `${file} was kept under another master key: with this one nobody signs in, and nothing about people can be read.`;
  throw new UnusableError('MASTER_KEY_FILE', `${why} Bring back the one that it was kept under.`);
}

/** The keys of people where the settings say. @throws as {@link masterKeyOf}; UnusableError for another master key than theirs */
export async function openPersonKeys(config: At, clock: Clock, log?: Log): Promise<PersonKeys> {
  const master = await masterKeyOf(config);
  const wrappedBy = master.nameOf('master key', '');
  demandMasterKey(config.personKeys.file, wrappedBy);
  const rows = sqliteKeyRows(config.personKeys.file, wrappedBy);
  const engine = watched(`sqlite:${basename(config.personKeys.file)}`, () => clock.now());
  const damaged = (person: PersonId): void =>
    log?.error(
      { person, file: config.personKeys.file },
      'the key of somebody is damaged: nothing about them can be sealed or shown until it is brought back from a backup; nobody else is touched, and nothing is erased',
    );
  return personKeys({ rows, engine, master, clock, randomBytes: systemRandomBytes, damaged });
}

async function hasAccounts(store: Pick<EventStore, 'readAll'>): Promise<boolean> {
  const filter = { streams: [accountStream.prefix] };
  for (let after = BEGINNING; ; ) {
    const page = await store.readAll({ after, limit: 1, filter });
    if (page.events.length > 0) return true;
    if (page.end) return false;
    after = page.through;
  }
}

/**
 * A history of people whose keys are not there is one that nobody can sign in to, and in which everybody reads as erased: nothing else would tell.
 *
 * @throws UnusableError; StoreError where the history cannot be read
 */
async function demandPersonKeys(
  { personKeys: { file } }: At,
  store: Pick<EventStore, 'readAll'>,
): Promise<void> {
  if (existsSync(file) || !(await hasAccounts(store))) return;
  const why = `${file} is missing, and the history has accounts: without the keys nobody signs in, and nothing about people can be read.`;
  const remedy =
    'Bring it back; where it is lost for good, say that you know by a new one, which the platform makes when it is started once with an empty history (another DATA_DIR) and these files of keys.';
  throw new UnusableError('PERSON_KEYS_FILE', `${why} ${remedy}`);
}

/** The keys of the people of a history. @throws as {@link demandPersonKeys} and {@link masterKeyOf} */
export async function personKeysOf(
  store: Pick<EventStore, 'readAll'>,
  config: At,
  clock: Clock,
  log?: Log,
): Promise<PersonKeys> {
  await demandPersonKeys(config, store);
  return openPersonKeys(config, clock, log);
}

/** Keys that end with the process: for histories that do. */
export const temporaryPersonKeys = (): PersonKeys =>
  personKeys({
    ...{
      rows: memoryKeyRows(),
      engine: watched('memory:', () => instant(0)),
      master: masterKey(systemRandomBytes(KEY_BYTES)),
      clock: undefined,
      randomBytes: systemRandomBytes,
    },
  });

const unused = (): never => {
  throw new TypeError('this process has no use for the keys of people');
};
/** Of a process that neither takes nor shows anything about people, nor forgets them. */
export const noPersonKeys: PersonKeys = {
  ...{ find: unused, make: unused, destroy: unused, destroyed: unused, nameOf: unused, standing: unused },
  close: async () => undefined,
};
