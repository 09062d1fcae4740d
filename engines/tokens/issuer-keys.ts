import { createHash } from 'node:crypto';
import { createRemoteJWKSet, customFetch, type FetchImplementation, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { boundedText } from '#runtime/bounded-body.ts';
import { reasonOf } from '#runtime/reason.ts';

const DEADLINE_MS = 3_000;
/** Between two questions for a key that was not among the last ones, in milliseconds. */
const COOLDOWN_MS = 30_000;
/** After this the keys are asked for again, in milliseconds. */
const FRESH_MS = 600_000;
/** For so long the last ones hold where nobody answers, in milliseconds. */
const OUTLIVED_MS = 86_400_000;
const MOST_BYTES = 256 * 1_024;

const KeySet = z.object({ keys: z.array(z.looseObject({})) });

/** The same for the same keys in whatever order. */
const nameOf = ({ keys }: z.output<typeof KeySet>): string =>
  createHash('sha256')
    .update(JSON.stringify(keys.map((key) => JSON.stringify(key)).sort()))
    .digest('base64url');

/** The keys of an issuer, at an address of theirs. */
export interface IssuerKeys {
  /** Asks anew where the last question lies ten minutes back. @throws errors.JOSEError; what a fetch throws where there are none */
  readonly get: JWTVerifyGetKey;
  /** Names the set: another one where other keys have come, and none while it is to be asked for anew. */
  current(): string | undefined;
}

/** @param clock real time @param unreachable is told why they were not to be had; those of before may hold on */
export function issuerKeys(
  url: URL,
  clock: Pick<Clock, 'now'>,
  unreachable: (reason: string) => void,
): IssuerKeys {
  let last: { readonly text: string; readonly name: string; readonly atMs: number } | undefined;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  const nowMs = (): number => millisecondsOf(clock.now());

  /** Follows nobody elsewhere, and has the last ones where there is no answer. */
  const asked: FetchImplementation = async (from, options) => {
    const atMs = nowMs();
    try {
      const response = await fetch(from, { ...options, redirect: 'error' });
      if (response.status !== 200) throw new Error(`answered ${response.status}`);
      const text = await boundedText(response, MOST_BYTES);
      const read = KeySet.safeParse(JSON.parse(text));
      if (!read.success) throw new Error('answered something that is no set of keys');
      last = { text, name: nameOf(read.data), atMs };
    } catch (error) {
      unreachable(reasonOf(error));
      if (last === undefined || atMs - last.atMs > OUTLIVED_MS) throw error;
    }
    askedAtMs = atMs;
    return new Response(last.text, { headers: { 'content-type': 'application/json' } });
  };
  const remote = createRemoteJWKSet(url, {
    timeoutDuration: DEADLINE_MS,
    cooldownDuration: COOLDOWN_MS,
    // How old they are is known here, where those who ask for no key want to know it too.
    cacheMaxAge: Number.POSITIVE_INFINITY,
    [customFetch]: asked,
  });
  /** Also where the clock was set back: when it will be as late again nobody knows. */
  const isFresh = (): boolean => askedAtMs <= nowMs() && nowMs() < askedAtMs + FRESH_MS;
  return {
    async get(...which) {
      if (!isFresh()) await remote.reload();
      return remote(...which);
    },
    current: () => (isFresh() ? last?.name : undefined),
  };
}
