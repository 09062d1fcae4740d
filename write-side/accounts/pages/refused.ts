import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { type Instant, millisecondsOf } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { Sealing } from '#domain/kernel/ports/sealing.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { cookiesOf } from '#runtime/cookies.ts';
import { rejectionJson } from '#runtime/wire.ts';
import type { Trouble } from './forms.ts';

// What a form was refused for is not told by the answer to it: whoever loads that anew sends the form again, after a question that nobody
// understands, and a wrong password counts twice. The answer leads to the page where the form stands (303), which tells it once, with the
// status that says the same: programs that follow where they are led learn it, too. Until then the browser keeps it, sealed.

/** What stands against what was entered, and the rejection that it came from, which has a status of its own. */
export interface Wrong {
  readonly troubles: readonly Trouble[];
  readonly rejection?: Rejection | undefined;
}

export const NOTHING_WRONG: Wrong = { troubles: [] };

/** `entered`: what stands in the fields once more, by their names. Never what is secret. */
export interface Refused {
  readonly wrong: Wrong;
  readonly entered: Readonly<Record<string, string | undefined>>;
}

export const NOTHING_REFUSED: Refused = { wrong: NOTHING_WRONG, entered: {} };

const LASTS_MS = 60_000;
/** In characters of the cookie: answers with longer headers are passed on by few proxies. */
const MOST = 2_800;

const Kept = z.object({
  path: z.string(),
  endsAtMs: z.number(),
  troubles: z.array(z.object({ field: z.string().optional(), says: z.string() })),
  rejection: z
    .object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.json()) })
    .transform((of): Rejection => ({ rejected: true, ...of }))
    .optional(),
  entered: z.record(z.string(), z.string()),
});

interface Options {
  readonly sealing: Pick<Sealing, 'seal' | 'open'>;
  readonly registry: Registry;
  readonly publicUrl: () => string;
  readonly now: () => Instant;
}

/** Without the longest of what was entered. */
function shortened(entered: Refused['entered']): Refused['entered'] {
  const [longest] = Object.entries(entered).sort(([, one = ''], [, other = '']) => other.length - one.length);
  return Object.fromEntries(Object.entries(entered).filter(([name]) => name !== longest?.[0]));
}

/** How it is kept between the answer to a form and the page where that stands. */
export function keepingRefused({ sealing, registry, publicUrl, now }: Options) {
  const isTls = () => publicUrl().startsWith('https:');
  const nameNow = () => (isTls() ? '__Host-annals_refused' : 'annals_refused');
  function setCookie(response: ServerResponse, value: string, seconds: number): void {
    const secure = isTls() ? '; Secure' : '';
    response.appendHeader(
      'Set-Cookie',
      `${nameNow()}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure}`,
    );
  }

  /** What does not fit is entered anew, the longest first. */
  async function sealed(path: string, { wrong, entered }: Refused): Promise<string> {
    const { troubles, rejection } = wrong;
    const endsAtMs = millisecondsOf(now()) + LASTS_MS;
    const told = rejection && rejectionJson(registry, rejection);
    const text = await sealing.seal(JSON.stringify({ path, endsAtMs, troubles, rejection: told, entered }));
    if (text.length <= MOST || Object.keys(entered).length === 0) return text;
    return sealed(path, { wrong, entered: shortened(entered) });
  }

  return {
    /** @param at of ours: where the form stands */
    async keep(response: ServerResponse, at: string, refused: Refused): Promise<void> {
      setCookie(response, await sealed(at.split('?', 1)[0] ?? at, refused), LASTS_MS / 1_000);
    },
    /** What was kept for the page of this path, once. */
    async take(request: IncomingMessage, response: ServerResponse, path: string): Promise<Refused> {
      const value = cookiesOf(request).get(nameNow());
      if (!value) return NOTHING_REFUSED;
      const text = await sealing.open(new TextEncoder().encode(value));
      const kept = text === undefined ? undefined : Kept.safeParse(JSON.parse(text)).data;
      // Another tab's: it comes for it itself.
      if (kept !== undefined && kept.path !== path) return NOTHING_REFUSED;
      setCookie(response, '', 0);
      if (kept === undefined || kept.endsAtMs <= millisecondsOf(now())) return NOTHING_REFUSED;
      const { troubles, rejection, entered } = kept;
      return { wrong: { troubles, rejection }, entered };
    },
  };
}
