import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Router } from 'express';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Consumer } from '#domain/kernel/ports/consumer.ts';
import type { SignInStore } from '#domain/kernel/ports/sign-in-store.ts';
import { RejectedError, Unavailable } from '#domain/kernel/rejections.ts';
import { signInsFileIn } from '#engines/folder.ts';
import { quotaHere } from '#engines/quotas/memory.ts';
import { systemRandomBytes } from '#engines/random.ts';
import { joseSealing } from '#engines/sealing.ts';
import { sqliteSignIns } from '#engines/sign-ins/sqlite/store.ts';
import { logoutTelling, systemResolve } from '#engines/sign-ins/telling.ts';
import type { WatchedKeys } from '#engines/tokens/key-file.ts';
import { every } from '#runtime/pause.ts';
import type { Known } from '#write-side/accounts/known.ts';
import type { BegunProvider } from '#write-side/accounts/provider/begun.ts';
import type { OwnPages } from '#write-side/accounts/provider/browsers.ts';
import { clientOperations } from '#write-side/accounts/provider/client-operations.ts';
import { clientRoutes } from '#write-side/accounts/provider/client-routes.ts';
import { signByRsa } from '#write-side/accounts/provider/clients.ts';
import { logouts } from '#write-side/accounts/provider/logouts.ts';
import type { TokenProvider } from '#write-side/accounts/provider/provider.ts';
import { providerRoutes } from '#write-side/accounts/provider/routes.ts';
import type { ProviderOptions } from '#write-side/accounts/provider/surroundings.ts';
import type { Browsers, SignIns } from '#write-side/accounts/sign-ins.ts';
import type { Pipeline } from '#write-side/pipeline/pipeline.ts';
import type { AccountPages } from './account-pages.ts';
import { masterSecretOf } from './person-keys.ts';
import type { Opened, RunningRole, Surroundings } from './roles/role.ts';
import { addTokenKey, PROVIDER_PATH } from './tokens.ts';

const SWEEP_MS = 60_000;
const RETRY_AFTER_MS = 1_000;
/** Codes of devices that one network may try: of 25 thousand million a few hold at a time. */
const CODES = { name: 'codes', points: 60, windowSeconds: 600 };

export interface ProviderPart
  extends Required<Pick<RunningRole, 'routers' | 'served' | 'engines' | 'consumers'>> {
  opened(opened: Opened): void;
  stop(): Promise<void>;
}

const nothing: ProviderPart = {
  routers: [],
  served: [],
  engines: [],
  consumers: () => [],
  opened: () => undefined,
  stop: async () => undefined,
};

/** What is there once the port is open, and its address known: who comes before waits for that. */
interface Holder {
  readonly begun: PromiseWithResolvers<void>;
  parts?: BegunProvider;
}

/** @throws RejectedError where the provider could not begin */
async function thereIn(holder: Holder): Promise<BegunProvider> {
  if (holder.parts === undefined) await holder.begun.promise;
  if (holder.parts === undefined) throw new RejectedError(Unavailable({ retryAfterMs: RETRY_AFTER_MS }));
  return holder.parts;
}

/** The same parts, for whoever is told of them before. */
function lateParts(holder: Holder): { readonly signIns: SignIns; readonly browsers: Browsers } {
  const there = () => thereIn(holder);
  return {
    signIns: {
      find: async (...asked) => (await there()).signIns.find(...asked),
      underWay: async (...asked) => (await there()).signIns.underWay(...asked),
      remember: async (...asked) => (await there()).signIns.remember(...asked),
      finish: async (...asked) => (await there()).signIns.finish(...asked),
      another: async (...asked) => (await there()).signIns.another(...asked),
      allow: async (...asked) => (await there()).signIns.allow(...asked),
      abort: async (...asked) => (await there()).signIns.abort(...asked),
    },
    browsers: {
      who: async (...asked) => (await there()).own.who(...asked),
      proved: async (...asked) => (await there()).own.proved(...asked),
      lastUsed: async (...asked) => (await there()).own.lastUsed(...asked),
      signIn: async (...asked) => (await there()).own.signIn(...asked),
      signOut: async (...asked) => (await there()).own.signOut(...asked),
    },
  };
}

/** Its own routes, which wait for it. */
function lateRoutes(holder: Holder, addressOf: Surroundings['addressOf']): Router {
  const handle: TokenProvider['handle'] = async (...asked: [IncomingMessage, ServerResponse]) =>
    (await thereIn(holder)).provider.handle(...asked);
  const callback: OwnPages['callback'] = async (...asked) => (await thereIn(holder)).own.callback(...asked);
  return providerRoutes(PROVIDER_PATH, { handle }, { callback }, { quota: quotaHere(CODES), addressOf });
}

/** Forgets what has ended, again and again. The result ends it. */
function sweeping(store: SignInStore, { engines: { machineClock }, log }: Surroundings): () => void {
  return every(machineClock, SWEEP_MS, () => {
    store.sweep(millisecondsOf(machineClock.now())).catch((error: unknown) => {
      log.warn({ err: error }, 'what has ended of sign-ins is not swept');
    });
  });
}

/** What sign-ins are sealed with, and what cookies are signed with. @throws as what they are derived from is read */
async function secretsOf(
  config: Surroundings['config'],
): Promise<Pick<ProviderOptions, 'sealing' | 'cookieKey'>> {
  const secret = await masterSecretOf(config);
  return {
    sealing: joseSealing(secret.keyFor('sign-ins')),
    cookieKey: Buffer.from(secret.keyFor('cookies of sign-ins')).toString('base64url'),
  };
}

/** Whether there is a key for RS256, once one is made where that is ours to do. */
async function hasRsa(config: Surroundings['config'], keys: WatchedKeys): Promise<boolean> {
  if (!signByRsa(keys.all())) await addTokenKey(config, keys);
  return signByRsa(keys.all());
}

/**
 * The provider of tokens, where this process has a key to sign by and nobody else issues them. It lives in real time, and there is none
 * where the business does not: nobody could tell when a token of it ends.
 */
export function providerPart(
  surroundings: Surroundings,
  { dispatch }: Pick<Pipeline, 'dispatch'>,
  known: Known,
  accountPages: AccountPages,
): ProviderPart {
  const { engines, config, log, addressOf, allowedOrigin, authenticate, perPerson, quotas } = surroundings;
  const { tokenKeys, tokens, clock, machineClock, newId, owner } = engines;
  if (config.clock === 'simulated' || tokenKeys?.current()[0]?.d === undefined) return nothing;
  const keys = { current: tokenKeys.all, onChange: tokenKeys.onChange };
  const store = sqliteSignIns(signInsFileIn(config.dataDir), owner, () => machineClock.now());

  const holder: Holder = { begun: Promise.withResolvers() };
  const late = lateParts(holder);
  const { pages, routers } = accountPages({ ...late, known, dispatch });

  const whereabouts = {
    ...{ path: PROVIDER_PATH, audience: config.tokens.audience, house: config.house, keys, tokens },
    ...{ store, known, pages, dispatch, addressOf, allowedOrigin, clock, newId, log },
    ...{ consoleSignIn: config.consoleSignIn, randomBytes: systemRandomBytes },
  };

  async function begin(publicUrl: string): Promise<void> {
    const options = { ...(await secretsOf(config)), ...whereabouts, publicUrl };
    const { begunProvider } = await import('#write-side/accounts/provider/begun.ts');
    holder.parts = begunProvider(options);
    const { provider } = holder.parts;
    const handler = logouts({
      ...{ provider: () => provider, clock: machineClock, newId, log },
      tellBy: logoutTelling({
        anywhere: !config.production,
        internal: config.logoutInternalHosts,
        resolve: systemResolve,
      }),
    });
    holder.begun.resolve();
    follower = await engines.workOf('sagas').consume(handler);
  }

  let follower: Consumer | undefined;
  let beginning: Promise<void> = Promise.resolve();
  const stopSweeping = sweeping(store, surroundings);
  return {
    routers: [
      clientRoutes({
        ...{ authenticate, perPerson, known, dispatch, addressOf, newId },
        perPersonQuota: quotas.perPerson,
        randomBytes: systemRandomBytes,
        canSignByRsa: () => hasRsa(config, tokenKeys),
      }),
      lateRoutes(holder, addressOf),
      ...routers,
    ],
    served: clientOperations,
    engines: [{ name: 'sign-ins', standing: () => store.standing() }],
    consumers: () => (follower === undefined ? [] : [follower.status()]),
    opened({ publicUrl }) {
      beginning = begin(publicUrl).catch((error: unknown) => {
        log.error({ err: error }, 'the provider of tokens cannot begin');
        holder.begun.resolve();
      });
    },
    async stop() {
      stopSweeping();
      await beginning;
      await follower?.stop();
      await store.close();
    },
  };
}
