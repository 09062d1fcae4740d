import { existsSync } from 'node:fs';
import type { PlatformRole } from './environment.ts';

/** What there is to do where the key of tokens that a setting names is not there: none is made by itself, because another one would void all that was signed. */
export const tokenKeyMissing = (file: string): string =>
  `${file} is not there; bring it back, or make the first one: (umask 077; node -e "console.log(JSON.stringify(require('node:crypto').generateKeyPairSync('ed25519').privateKey.export({format:'jwk'})))" > '${file}')`;

/**
 * The key that a start is refused for besides, where the environment has other problems already: a line as theirs.
 *
 * @param chosen what this process does of the platform's work
 */
export const missingIn = (
  { TOKEN_KEY_FILE: file }: NodeJS.ProcessEnv,
  chosen: readonly PlatformRole[],
): readonly string[] =>
  file !== undefined &&
  file !== '' &&
  (chosen.includes('write-side') || chosen.includes('read-api')) &&
  !existsSync(file)
    ? [`TOKEN_KEY_FILE: ${tokenKeyMissing(file)}`]
    : [];
