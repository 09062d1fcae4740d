import { type Config, UnusableError } from '#config';
import { DamagedFileError } from '#engines/damaged-file.ts';
import { serviceKeyFileIn } from '#engines/folder.ts';
import { keptServiceKey, readServiceKey, type ServiceKey } from '#engines/service-key.ts';
import { EXIT, exitCodeOf } from '#exit';
import { reasonOf } from '#runtime/reason.ts';

/** Where the secret is that development makes. */
export const madeServiceKeyFile = ({ dataDir }: Pick<Config, 'dataDir'>): string => serviceKeyFileIn(dataDir);

/**
 * What the roles of one platform know each other by: the secret of the file that is set, in development otherwise one that is
 * made and kept in the data folder.
 *
 * @throws UnusableError; DamagedFileError for a file of ours; what the system says of a disk that takes no new one
 */
export async function serviceKeyOf({
  service: { keyFile },
  dataDir,
}: Pick<Config, 'service' | 'dataDir'>): Promise<ServiceKey> {
  if (keyFile !== undefined)
    return readServiceKey(keyFile).catch((error: unknown) => {
      throw new UnusableError('SERVICE_KEY_FILE', reasonOf(error));
    });
  const file = madeServiceKeyFile({ dataDir });
  try {
    return await keptServiceKey(file);
  } catch (error) {
    if (exitCodeOf(error) === EXIT.unavailable) throw error;
    const why = reasonOf(error);
    if (!(error instanceof TypeError)) throw new UnusableError('DATA_DIR', why);
    const remedy = 'Delete it while no role runs: a new one is made then.';
    throw new DamagedFileError(file, why.slice(file.length + 1), remedy, { cause: error });
  }
}
