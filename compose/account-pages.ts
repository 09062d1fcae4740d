import type { IncomingMessage } from 'node:http';
import type { Router } from 'express';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Door } from '#write-side/accounts/door/door.ts';
import type { Known } from '#write-side/accounts/known.ts';
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

/** The pages on which people come in by the door, and look after their account. */
export const pagesOf =
  (
    { store, personKeys, newId, clock }: Pick<CommonEngines, 'store' | 'personKeys' | 'newId' | 'clock'>,
    options: {
      readonly door: Door;
      readonly log: Log;
      readonly addressOf: (request: IncomingMessage) => string | undefined;
      readonly publicUrl: () => string;
    },
  ): AccountPages =>
  (parts) => {
    const { log, ...more } = options;
    const own = ownAccountOf({ store, registry, personKeys, known: parts.known });
    const router = accountPages({
      ...{ ...parts, ...more, registry, newId, own },
      now: () => clock.now(),
      report: (error, reference) => log.error({ err: error, reference }, 'a page could not be shown'),
    });
    return { pages: providerPages, routers: [router] };
  };
