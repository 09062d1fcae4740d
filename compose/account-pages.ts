import type { IncomingMessage } from 'node:http';
import type { Router } from 'express';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Sealing } from '#domain/kernel/ports/sealing.ts';
import type { House } from '#runtime/house.ts';
import type { Door } from '#write-side/accounts/door/door.ts';
import type { Known } from '#write-side/accounts/known.ts';
import { elsewherePages } from '#write-side/accounts/pages/elsewhere.ts';
import type { FrameOptions } from '#write-side/accounts/pages/frame.ts';
import { accountPages } from '#write-side/accounts/pages/pages.ts';
import { providerPages } from '#write-side/accounts/pages/provider-pages.ts';
import type { Browsers, ProviderPages, SignIns } from '#write-side/accounts/sign-ins.ts';
import { registry } from './contexts.ts';
import type { CommonEngines } from './engines.ts';
import { ownAccountOf } from './own-account.ts';

/** What people are shown who sign in, and the routes of it. */
export type AccountPages = (parts: {
  readonly signIns: SignIns;
  readonly browsers: Browsers;
  readonly known: Known;
  readonly dispatch: Dispatch;
}) => { readonly pages: ProviderPages; readonly routers: readonly Router[] };

interface Surrounded {
  readonly house: House;
  readonly log: Log;
  readonly addressOf: (request: IncomingMessage) => string | undefined;
  readonly publicUrl: () => string;
  readonly sealing: Sealing;
}

const framed = ({ clock }: Pick<CommonEngines, 'clock'>, { log, ...more }: Surrounded): FrameOptions => ({
  ...{ ...more, registry },
  now: () => clock.now(),
  report: (error, reference) => log.error({ err: error, reference }, 'a page could not be shown'),
});

/** The pages on which people come in by the door, and look after their account. */
export const pagesOf =
  (
    engines: Pick<CommonEngines, 'store' | 'personKeys' | 'newId' | 'clock'>,
    { door, ...surrounded }: Surrounded & { readonly door: Door },
  ): AccountPages =>
  (parts) => {
    const { store, personKeys, newId } = engines;
    const { known, browsers } = parts;
    const own = ownAccountOf({ store, registry, personKeys, known, lastUsed: browsers.lastUsed });
    const router = accountPages({ ...framed(engines, surrounded), ...parts, door, newId, own });
    return { pages: providerPages(surrounded.house), routers: [router] };
  };

/** What people are told instead where another issuer keeps accounts. */
export const pagesElsewhere = (
  engines: Pick<CommonEngines, 'clock'>,
  surrounded: Surrounded,
  issuer: string,
): Router => elsewherePages(framed(engines, surrounded), issuer);
