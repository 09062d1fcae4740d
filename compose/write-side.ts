import type { IncomingMessage } from 'node:http';
import { Router } from 'express';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Quotas } from '#domain/kernel/ports/quotas.ts';
import type { Authenticate } from '#domain/kernel/ports/tokens.ts';
import type { Turns } from '#runtime/turns.ts';
import { authenticator } from '#write-side/identity/authenticate.ts';
import { developmentIssuer } from '#write-side/identity/development-issuer.ts';
import type { PipelineLimits } from '#write-side/pipeline/limits.ts';
import { createPipeline, type Pipeline } from '#write-side/pipeline/pipeline.ts';
import { restRoutes } from '#write-side/rest/commands.ts';
import { PAYMENT_NOTICES } from '#write-side/rest/paths.ts';
import { paymentWebhooks } from '#write-side/wallets/payment-webhooks.ts';
import { type UnreadNotices, unreadNotices } from '#write-side/wallets/unread-notices.ts';
import { deciders, reactions, registry, workflows } from './contexts.ts';
import type { CommonEngines } from './engines.ts';

export interface WriteSide {
  readonly pipeline: Pipeline;
  readonly authenticate: Authenticate;
  readonly routers: readonly Router[];
  readonly noticesUnread: UnreadNotices['counts'];
}

/** The way of every command. */
export function pipelineOf(
  { store, followed, lines, clock, machineClock, newId, random, readStore, personKeys }: CommonEngines,
  log: Log,
  limits: Partial<PipelineLimits> = {},
): Pipeline {
  return createPipeline({
    store,
    registry,
    deciders,
    workflows,
    // Run here directly after the commit; the sagas role meets the same events again, with the same ids.
    reactions,
    clock,
    pauseClock: machineClock,
    newId,
    random,
    personKeys,
    snapshots: readStore.snapshots,
    log,
    followed,
    lines: lines.lines,
    limits,
  });
}

/** Everything that comes in: the pipeline, REST, the provider's webhooks, identity. */
export function writeSide(
  engines: CommonEngines,
  options: {
    readonly log: Log;
    /** Whose notices are taken, and what they are signed with. */
    readonly notices: { readonly provider: string; readonly secrets: readonly string[] };
    readonly addressOf: (request: IncomingMessage) => string | undefined;
    readonly perPerson: Turns;
    readonly quotas: Quotas;
  },
): WriteSide {
  const { store, clock, machineClock, newId, tokens, issuer } = engines;
  const { log, notices, addressOf, perPerson, quotas } = options;
  const pipeline = pipelineOf(engines, log);
  const { dispatch } = pipeline;
  const authenticate = authenticator(tokens);
  const unread = unreadNotices({ log, clock: machineClock });
  const webhooks = paymentWebhooks({
    dispatch,
    ...notices,
    clock,
    addressOf,
    unread,
  });
  return {
    pipeline,
    authenticate,
    noticesUnread: unread.counts,
    routers: [
      restRoutes({
        ...{ registry, dispatch, authenticate, addressOf, perPerson },
        perPersonQuota: quotas.perPerson,
        epoch: store.epoch,
        newId,
      }),
      Router().use(PAYMENT_NOTICES, webhooks),
      ...(issuer === undefined ? [] : [developmentIssuer(issuer)]),
    ],
  };
}
