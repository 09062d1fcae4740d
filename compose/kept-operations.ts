import { readFileSync, statSync } from 'node:fs';
import { type Config, UnusableError } from '#config';
import { type KeptOperations, readManifest } from '#read-api/transport/kept-operations.ts';
import { reasonOf } from '#runtime/reason.ts';

const MOST_BYTES = 64 * 1024 * 1024;

/** Operations that clients ask for by their ids, as the file that is set has them. @throws UnusableError */
export function keptOperations({
  keptOperations: { file, only },
}: Pick<Config, 'keptOperations'>): KeptOperations | undefined {
  if (file === undefined) return undefined;
  try {
    if (statSync(file).size > MOST_BYTES) throw new TypeError(`${file} has more than ${MOST_BYTES} bytes`);
    return { texts: readManifest(JSON.parse(readFileSync(file, 'utf8'))), only };
  } catch (error) {
    throw new UnusableError('KEPT_OPERATIONS_FILE', reasonOf(error));
  }
}
