import { existsSync } from 'node:fs';
import { type Config, tokenKeyMissing, UnusableError } from '#config';
import { later, millisecondsOf } from '#domain/kernel/instant.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { type Log, noLog } from '#domain/kernel/ports/log.ts';
import { LONGEST_TOKEN_MS, type Revocations } from '#domain/kernel/ports/revocations.ts';
import type { TokenIssuer, TokenVerifier } from '#domain/kernel/ports/tokens.ts';
import { systemClock } from '#engines/clock/system.ts';
import { DamagedFileError } from '#engines/damaged-file.ts';
import { keyFileIn } from '#engines/folder.ts';
import { boundedVerifier } from '#engines/tokens/bounded.ts';
import { externalVerifier, type IssuerTroubles } from '#engines/tokens/external.ts';
import { ringIssuer, ringVerifier } from '#engines/tokens/jose.ts';
import { keptKeys, readKeys, type WatchedKeys, watchedKeys } from '#engines/tokens/key-file.ts';
import { rememberedVerifier } from '#engines/tokens/remembered.ts';
import { revocableVerifier, revocationsHere } from '#engines/tokens/revocations.ts';
import { addRsaKey, type Rotation, rotateKeys } from '#engines/tokens/rotation.ts';
import { EXIT, exitCodeOf } from '#exit';
import { every } from '#runtime/pause.ts';
import { codeOf, reasonOf } from '#runtime/reason.ts';

/** Under which development issues, where whoever does in earnest has a name of their own. */
const DEVELOPMENT_ISSUER = 'annals';

/** How far the clock of whoever issues tokens elsewhere may be ahead of ours. */
const SKEW_MS = 5_000;

/** What the system says of a path that this user cannot use as a file. */
const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

/** How a process knows by its tokens who asks. */
export interface Tokens {
  readonly revocations: Revocations;
  readonly tokens: TokenVerifier;
  /** Only in development. */
  readonly issuer: TokenIssuer | undefined;
  /** What a provider of ours signs by; undefined: it has none, or tokens come from elsewhere. */
  readonly tokenKeys: WatchedKeys | undefined;
  /** Where the provider of ours is found, once that is known. */
  providedAt(issuer: string): void;
}

/** Where a provider is found at a platform's address. */
export const PROVIDER_PATH = '/oidc';

interface Keyed extends TokenVerifier {
  /** Names what it verifies by; the same as long as that is the same. */
  readonly keys: () => unknown;
}

/** What both are, as one; the same as long as either is. */
function bothOf(one: () => unknown, other: () => unknown): () => unknown {
  let known = [one(), other()];
  return () => {
    const now = [one(), other()];
    if (now.some((each, at) => each !== known[at])) known = now;
    return known;
  };
}

/** Of whoever issues tokens elsewhere. Those of development are of our own key, and taken beside them. */
function elsewhere(
  { tokens: { jwksUrl = '', ...tokens } }: Config,
  ours: Keyed | undefined,
  beside: Clocks & { readonly troubles: IssuerTroubles },
): Keyed {
  const theirs = externalVerifier({ ...tokens, ...beside, jwksUrl });
  if (ours === undefined) return theirs;
  return {
    keys: bothOf(theirs.keys, ours.keys),
    verify: async (...asked: Parameters<TokenVerifier['verify']>) =>
      (await theirs.verify(...asked)) ?? (await ours.verify(...asked)),
  };
}

interface Clocks {
  readonly clock: Clock;
  readonly machineClock: Pick<Clock, 'now'>;
}

/** The same is told again after so long, in milliseconds: whoever is refused comes again at once. */
const AGAIN_MS = 60_000;
const MOST_REASONS = 20;

/** Says why nobody comes in: to whoever comes it is not told. */
function toldTroubles(log: Log, clock: Pick<Clock, 'now'>): IssuerTroubles {
  const toldAt = new Map<string, number>();
  const telling = (what: string) => (reason: string) => {
    const nowMs = millisecondsOf(clock.now());
    if (nowMs - (toldAt.get(what + reason) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return;
    if (toldAt.size >= MOST_REASONS) toldAt.clear();
    toldAt.set(what + reason, nowMs);
    log.warn({ reason }, what);
  };
  return {
    refused: telling('a token is refused, though it is signed by the issuer'),
    unverifiable: telling('a token that says it is of the issuer is refused: nobody here can verify it'),
    roleless: telling('a token of the issuer says no roles where TOKEN_ROLES_CLAIM has them'),
    unreachable: telling('the keys of the issuer are not to be had: those of before hold for a day'),
  };
}

/** What was signed by a key that is gone is taken no more: whoever is in by it already has to hear of it, which no look at their token does. */
function revokeWithKeys(watched: WatchedKeys, revocations: Revocations, clock: Clock): void {
  const names = () => watched.all().map(({ kid }) => kid);
  let known = names();
  watched.onChange(() => {
    const before = known;
    known = names();
    for (const key of before)
      if (!known.includes(key)) revocations.revoke({ key }, later(clock.now(), LONGEST_TOKEN_MS));
  });
}

/** What a start is refused by whose key cannot be had. @param given the file that a setting names, if one does @param file where it was looked for */
function whyUnusable(error: unknown, given: string | undefined, file: string): unknown {
  if (exitCodeOf(error) === EXIT.unavailable) return error;
  const reason = reasonOf(error);
  const why = reason.includes(file) ? reason : `${file} is no key for Ed25519: ${reason}`;
  if (given !== undefined)
    return new UnusableError('TOKEN_KEY_FILE', codeOf(error) === 'ENOENT' ? tokenKeyMissing(given) : why);
  if (isSystemError(error)) return new UnusableError('DATA_DIR', why);
  const remedy = 'Bring it back, or delete it: a new key is made then, and no token issued before is taken.';
  return new DamagedFileError(file, why.slice(file.length + 1), remedy, { cause: error });
}

/** @throws UnusableError; DamagedFileError for a key of ours; what the system says of a disk that takes no new one */
export async function tokensOf(
  config: Config,
  clock: Clock,
  machineClock: Pick<Clock, 'now'> = clock,
  log: Log = noLog,
): Promise<Tokens> {
  const { keyFile, audience, jwksUrl } = config.tokens;
  const { devTokens, dataDir, publicUrl } = config;
  const troubles = toldTroubles(log, machineClock);
  const beside = { clock, machineClock, troubles };
  const file = keyFile ?? keyFileIn(dataDir);
  const revocations = revocationsHere(clock, { skewMs: jwksUrl === undefined ? 0 : SKEW_MS });
  function verified(verifier: Keyed): TokenVerifier {
    // What was verified is remembered, and may be revoked all the same.
    const revocable = revocableVerifier(rememberedVerifier(verifier, clock, verifier.keys), revocations);
    // Development makes tokens for a year, as if somebody had proven at each moment who they are.
    return devTokens ? revocable : boundedVerifier(revocable, clock, troubles.refused);
  }
  if (jwksUrl !== undefined && !devTokens)
    return {
      ...{ revocations, tokens: verified(elsewhere(config, undefined, beside)) },
      ...{ issuer: undefined, tokenKeys: undefined, providedAt: () => undefined },
    };
  // Whoever issues elsewhere does not do so under the name that development has here.
  const issuer = jwksUrl === undefined ? config.tokens.issuer : DEVELOPMENT_ISSUER;
  try {
    const keys = keyFile === undefined ? await keptKeys(file) : await readKeys(file);
    const watched = await watchedKeys(file, keys, machineClock);
    revokeWithKeys(watched, revocations, clock);
    let provider = publicUrl && `${publicUrl}${PROVIDER_PATH}`;
    const ours = {
      ...ringVerifier({
        ...{ issuer, audience, clock, keys: watched.current },
        provider: () => (jwksUrl === undefined ? provider : undefined),
      }),
      keys: watched.current,
    };
    return {
      revocations,
      tokens: verified(jwksUrl === undefined ? ours : elsewhere(config, ours, beside)),
      issuer: devTokens ? await ringIssuer({ keys: watched.current, issuer, audience, clock }) : undefined,
      tokenKeys: jwksUrl === undefined ? watched : undefined,
      providedAt(at) {
        provider = at;
      },
    };
  } catch (error) {
    throw whyUnusable(error, keyFile, file);
  }
}

/** Puts another key before those that sign tokens. @param stolen as of {@link rotateKeys} @throws UnusableError */
export async function rotateTokenKeys(
  { tokens: { keyFile }, dataDir }: Config,
  stolen: boolean,
): Promise<Rotation> {
  const file = keyFile ?? keyFileIn(dataDir);
  try {
    return await rotateKeys(file, Math.floor(millisecondsOf(systemClock().now()) / 1_000), stolen);
  } catch (error) {
    throw new UnusableError(keyFile === undefined ? 'DATA_DIR' : 'TOKEN_KEY_FILE', reasonOf(error));
  }
}

/** Makes a key for RS256 where the file is ours. One that an operator has named is never written but by their own command. */
export async function addTokenKey(
  { tokens: { keyFile }, dataDir }: Pick<Config, 'tokens' | 'dataDir'>,
  watched: WatchedKeys,
): Promise<void> {
  if (keyFile !== undefined) return;
  await addRsaKey(keyFileIn(dataDir));
  await watched.look();
}

/** Nobody is asked for a token where nobody is let in. */
export const noTokens = (clock: Clock): Tokens => ({
  tokens: { verify: async () => undefined },
  issuer: undefined,
  revocations: revocationsHere(clock),
  tokenKeys: undefined,
  providedAt: () => undefined,
});

/** Between two looks at the file of the keys, in milliseconds. */
const LOOK_MS = 3_000;

/** Looks again and again whether the keys are others. The result ends it. */
export function lookAtKeys({ tokenKeys }: Tokens, clock: Clock, log: Log): () => void {
  if (tokenKeys === undefined) return () => undefined;
  tokenKeys.onChange((keys) =>
    log.info({ signs: keys[0]?.kid, keys: keys.length }, 'the keys of tokens are others'),
  );
  let failed = false;
  return every(clock, LOOK_MS, () => {
    tokenKeys.look().then(
      () => {
        failed = false;
      },
      (error: unknown) => {
        if (!failed) log.warn({ err: error }, 'the file of the keys cannot be read: those of before hold');
        failed = true;
      },
    );
  });
}

/** Says it when a key was made for people who have tokens of another: theirs are refused, and nothing else tells why. */
export async function warnOfNewKey(config: Config, store: EventStore, log: Log): Promise<void> {
  const file = keyFileIn(config.dataDir);
  if (config.tokens.keyFile !== undefined || existsSync(file) || (await store.head()) === 0n) return;
  log.warn(
    { file },
    'the key of earlier tokens is gone: a new one is made, and no token issued before is taken',
  );
}
