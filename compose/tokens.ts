import { existsSync } from 'node:fs';
import { type Config, UnusableError } from '#config';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { DamagedFileError } from '#engines/damaged-file.ts';
import { keyFileIn } from '#engines/folder.ts';
import { joseIssuer, joseVerifier } from '#engines/tokens/jose.ts';
import { keptKey, readKey } from '#engines/tokens/key-file.ts';
import { rememberedVerifier } from '#engines/tokens/remembered.ts';
import { revocableVerifier, revocationsHere } from '#engines/tokens/revocations.ts';
import { EXIT, exitCodeOf } from '#exit';
import { reasonOf } from '#runtime/reason.ts';

/** What the system says of a path that this user cannot use as a file. */
const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

/** @throws UnusableError; DamagedFileError for a key of ours; what the system says of a disk that takes no new one */
export async function tokensOf({ tokens, devTokens, dataDir }: Config, clock: Clock) {
  const { keyFile, issuer, audience } = tokens;
  const file = keyFile ?? keyFileIn(dataDir);
  try {
    const key = keyFile === undefined ? await keptKey(file) : await readKey(file);
    const options = { key, issuer, audience, clock };
    const revocations = revocationsHere(clock);
    return {
      revocations,
      // What was verified is remembered, and may be revoked all the same.
      tokens: revocableVerifier(rememberedVerifier(await joseVerifier(options), clock), revocations),
      issuer: devTokens ? await joseIssuer(options) : undefined,
    };
  } catch (error) {
    if (exitCodeOf(error) === EXIT.unavailable) throw error;
    const reason = reasonOf(error);
    const why = reason.includes(file) ? reason : `${file} is no key for Ed25519: ${reason}`;
    if (keyFile !== undefined) throw new UnusableError('TOKEN_KEY_FILE', why);
    if (isSystemError(error)) throw new UnusableError('DATA_DIR', why);
    const remedy =
      'Bring it back, or delete it: a new key is made then, and no token issued before is taken.';
    throw new DamagedFileError(file, why.slice(file.length + 1), remedy, { cause: error });
  }
}

/** Nobody is asked for a token where nobody is let in. */
export const noTokens = (clock: Clock) => ({
  tokens: { verify: async () => undefined },
  issuer: undefined,
  revocations: revocationsHere(clock),
});

/** Says it when a key was made for people who have tokens of another: theirs are refused, and nothing else tells why. */
export async function warnOfNewKey(config: Config, store: EventStore, log: Log): Promise<void> {
  const file = keyFileIn(config.dataDir);
  if (config.tokens.keyFile !== undefined || existsSync(file) || (await store.head()) === 0n) return;
  log.warn(
    { file },
    'the key of earlier tokens is gone: a new one is made, and no token issued before is taken',
  );
}
