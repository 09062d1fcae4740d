import { basename } from 'node:path';
import { type Config, UnusableError } from '#config';
import { instant } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import { DamagedFileError } from '#engines/damaged-file.ts';
import { masterKeyFileIn } from '#engines/folder.ts';
import { personKeys } from '#engines/person-keys/held.ts';
import { KEY_BYTES, type MasterKey, masterKey } from '#engines/person-keys/key.ts';
import { memoryKeyRows } from '#engines/person-keys/memory.ts';
import { sqliteKeyRows } from '#engines/person-keys/sqlite/rows.ts';
import { systemRandomBytes } from '#engines/random.ts';
import { keptServiceKey, readServiceKey } from '#engines/service-key.ts';
import { watched } from '#engines/standing.ts';
import { EXIT, exitCodeOf } from '#exit';
import { reasonOf } from '#runtime/reason.ts';

const PURPOSE = 'keys of people';
type At = Pick<Config, 'personKeys' | 'dataDir'>;

/**
 * What wraps the keys of people: the secret of the file that is set, in development otherwise one that is made and kept in the data folder.
 *
 * @throws UnusableError; DamagedFileError for a file of ours; what the system says of a disk that takes no new one
 */
export async function masterKeyOf({ personKeys: { masterKeyFile }, dataDir }: At): Promise<MasterKey> {
  if (masterKeyFile !== undefined) {
    const read = await readServiceKey(masterKeyFile).catch((error: unknown) => {
      throw new UnusableError('MASTER_KEY_FILE', reasonOf(error));
    });
    return masterKey(read.keyFor(PURPOSE));
  }
  const file = masterKeyFileIn(dataDir);
  try {
    return masterKey((await keptServiceKey(file)).keyFor(PURPOSE));
  } catch (error) {
    if (exitCodeOf(error) === EXIT.unavailable) throw error;
    const why = reasonOf(error);
    if (!(error instanceof TypeError)) throw new UnusableError('DATA_DIR', why);
    const remedy = 'Bring it back: without it nothing that was recorded about people can be read.';
    throw new DamagedFileError(file, why.slice(file.length + 1), remedy, { cause: error });
  }
}

/** The keys of people where the settings say. @throws as {@link masterKeyOf} */
export async function openPersonKeys(config: At, clock: Clock): Promise<PersonKeys> {
  const master = await masterKeyOf(config);
  const rows = sqliteKeyRows(config.personKeys.file, master.nameOf('master key', ''));
  const engine = watched(`sqlite:${basename(config.personKeys.file)}`, () => clock.now());
  return personKeys({ rows, engine, master, clock, randomBytes: systemRandomBytes });
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
  ...{ find: unused, make: unused, destroy: unused, nameOf: unused, standing: unused },
  close: async () => undefined,
};
