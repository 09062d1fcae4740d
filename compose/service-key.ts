import { type Config, UnusableError } from '#config';
import { DamagedFileError } from '#engines/damaged-file.ts';
import { serviceKeyFileIn } from '#engines/folder.ts';
import { keptServiceKey, readServiceKey, type ServiceKey } from '#engines/service-key.ts';
import { EXIT, exitCodeOf } from '#exit';
import { reasonOf } from '#runtime/reason.ts';

/** Where the secret is that development makes. */
export const madeServiceKeyFile = ({ dataDir }: Pick<Config, 'dataDir'>): string => serviceKeyFileIn(dataDir);

/** Where a secret is: in the file that a setting names, in development otherwise in one that is made and kept in the data folder. */
export interface SecretAt {
  readonly setting: 'SERVICE_KEY_FILE' | 'MASTER_KEY_FILE';
  /** As it is set. */
  readonly given: string | undefined;
  /** Where it is made. */
  readonly made: string;
  /** What can be done where the one that was made is damaged. */
  readonly remedy: string;
}

/** @throws UnusableError; DamagedFileError for a file of ours; what the system says of a disk that takes no new one */
export async function secretOf({ setting, given, made, remedy }: SecretAt): Promise<ServiceKey> {
  if (given !== undefined)
    return readServiceKey(given).catch((error: unknown) => {
      throw new UnusableError(setting, reasonOf(error));
    });
  try {
    return await keptServiceKey(made);
  } catch (error) {
    if (exitCodeOf(error) === EXIT.unavailable) throw error;
    const why = reasonOf(error);
    if (!(error instanceof TypeError)) throw new UnusableError('DATA_DIR', why);
    throw new DamagedFileError(made, why.slice(made.length + 1), remedy, { cause: error });
  }
}

/** What the roles of one platform know each other by. @throws as {@link secretOf} */
export const serviceKeyOf = ({
  service: { keyFile },
  dataDir,
}: Pick<Config, 'service' | 'dataDir'>): Promise<ServiceKey> =>
  secretOf({
    setting: 'SERVICE_KEY_FILE',
    given: keyFile,
    made: madeServiceKeyFile({ dataDir }),
    remedy: 'Delete it while no role runs: a new one is made then.',
  });
