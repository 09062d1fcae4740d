import { openEngines } from '#compose/engines.ts';
import { projections } from '#compose/projections.ts';
import { publish } from '#compose/publisher.ts';
import { followReactions } from '#compose/sagas.ts';
import { pipelineOf } from '#compose/write-side.ts';
import { readConfig } from '#config';
import type { Actor, Role } from '#domain/kernel/actor.ts';
import type { Reply } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import { prefixOf } from '#runtime/engine-address.ts';
import type { PipelineLimits } from '#write-side/pipeline/limits.ts';
import type { Pipeline } from '#write-side/pipeline/pipeline.ts';

const FUNDS = '900000000000000';
const DAY_MS = 24 * 60 * 60 * 1_000;
/** Between one bid's maximum and the next, in minor units: above every step of the ladder. */
const STEP = 20_000;

export const person = (id: string, ...roles: Role[]): Actor => ({ id, roles, reputation: 0 });
const otto = person('otto', 'auctioneer');
const sam = person('sam', 'seller');
const system = person('system.bench', 'system');

const usd = (amount: number | string) => ({ amount: String(amount), currency: 'USD' });

/** A door that never learns to refuse: for what the pipeline can do, whatever its callers would put up with. */
export const openDoor: Partial<PipelineLimits> = { externalLeast: 10_000 };

export interface DeploymentOptions {
  /** The catch-up consumer and the views, too. By default true. */
  readonly everyRole?: boolean;
  readonly limits?: Partial<PipelineLimits>;
  /** More of them, as the environment has them: where the engines are. By default all are of this process and its folder. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface BidOptions {
  readonly commandId?: string;
  readonly through?: Pick<Pipeline, 'dispatch'>;
}

/** The write side, the catch-up consumer and the views on a folder: all that a bid goes through but HTTP. */
export async function openDeployment(
  folder: string,
  { everyRole = true, limits, settings = {} }: DeploymentOptions = {},
) {
  const config = readConfig({ DATA_DIR: folder, NODE_ENV: 'test', ...settings });
  const opened = await openEngines({
    config,
    log: noLog,
    onFatal(error) {
      throw error;
    },
  });
  const engines = { ...opened, consume: opened.workOf('projections').consume };
  const pipeline = pipelineOf(engines, noLog, limits);
  // What a measurement needs is prepared through a door of its own: the one that is measured has learned nothing from it.
  const preparing = pipelineOf(engines, noLog, openDoor);
  const views = everyRole ? await projections(engines, noLog) : undefined;
  const catchUp = everyRole ? await followReactions(engines, pipeline.dispatch) : undefined;
  const publishing = everyRole
    ? publish({ ...engines, prefix: prefixOf(config.bus), log: noLog })
    : undefined;
  let maximum = 1_000;

  function sendTo({ dispatch }: Pick<Pipeline, 'dispatch'>) {
    return async (actor: Actor, command: string, data: object, commandId = engines.newId()): Promise<Reply> =>
      dispatch({ command, data, commandId, actor, steppedUp: true, origin: { channel: 'cli' } });
  }

  return {
    engines,
    views,
    /** For preparations; never refused for too much at once. */
    send: sendTo(preparing),
    /** Bids more than anybody did before. `through`: another pipeline on the same stores, as of a process just started. */
    bid(
      bidder: Actor,
      auctionId: string,
      { commandId, through = pipeline }: BidOptions = {},
    ): Promise<Reply> {
      maximum += STEP;
      return sendTo(through)(bidder, 'PlaceBid', { auctionId, maximum: usd(maximum) }, commandId);
    },
    async close(): Promise<void> {
      await preparing.drain();
      await pipeline.drain();
      await catchUp?.stop();
      await publishing?.stop();
      await views?.stop();
      await engines.close();
    },
  };
}

export type Deployment = Awaited<ReturnType<typeof openDeployment>>;

async function must(reply: Promise<Reply>): Promise<void> {
  const answer = await reply;
  if (answer.outcome !== 'accepted')
    throw new Error(
      `a preparation came to ${answer.outcome}: ${JSON.stringify('rejection' in answer ? answer.rejection : '')}`,
    );
}

/** People who may bid, each with more money than they can lose. */
export async function givenBidders(
  deployment: Deployment,
  prefix: string,
  count: number,
): Promise<readonly Actor[]> {
  const bidders = Array.from({ length: count }, (_, at) => person(`${prefix}-bidder-${at}`, 'bidder'));
  await Promise.all(
    bidders.map(async (bidder) => {
      await must(deployment.send(bidder, 'OpenWallet', { currency: 'USD' }));
      const credit = { person: bidder.id, currency: 'USD', amount: FUNDS, movement: `funds-of-${bidder.id}` };
      await must(deployment.send(system, 'CreditWallet', { ...credit, reason: 'top_up' }));
    }),
  );
  return bidders;
}

/** Auctions of one sale that are open for a day. Nobody has joined them yet. */
export async function givenAuctions(
  deployment: Deployment,
  prefix: string,
  count: number,
): Promise<readonly string[]> {
  const { send, engines } = deployment;
  const now = engines.clock.now();
  const saleId = `${prefix}-sale`;
  const words = { title: 'Wristwatch', description: 'Steel, by hand, with its papers and its box.' };
  const fees = { commission: [{ rateBasisPoints: 1_000 }], premium: [{ rateBasisPoints: 1_500 }] };
  await must(send(otto, 'ScheduleSale', { saleId, ...words, currency: 'USD', ...fees, ladderVersion: 1 }));
  await must(send(otto, 'PublishSale', { saleId }));
  const auctions = Array.from({ length: count }, (_, at) => `${prefix}-${at}`);
  for (const auctionId of auctions) {
    const lotId = `lot-of-${auctionId}`;
    const amounts = { estimateLow: usd(100), estimateHigh: usd(900), openingBid: usd(100) };
    await must(send(sam, 'ConsignLot', { lotId, ...words, categories: [], pictures: [], ...amounts }));
    const times = { opensAt: later(now, DAY_MS), endsAt: later(now, 2 * DAY_MS) };
    await must(send(sam, 'ScheduleAuction', { auctionId, lotId, saleId, ...times }));
    await must(send(sam, 'OpenAuction', { auctionId }));
  }
  return auctions;
}

export async function join(
  deployment: Deployment,
  auctionId: string,
  bidders: readonly Actor[],
): Promise<void> {
  await Promise.all(bidders.map((bidder) => must(deployment.send(bidder, 'JoinAuction', { auctionId }))));
}

/** A reader of the live feed that has reached the present: it sees bids as they are accepted. */
export async function watch(deployment: Deployment) {
  const stopping = new AbortController();
  const seenAt = new Map<string, number>();
  const reading = (async () => {
    const { feed } = deployment.engines;
    const filter = { types: ['BidAccepted'] };
    for await (const { events } of feed.follow({
      after: await feed.head(),
      filter,
      signal: stopping.signal,
    })) {
      const now = performance.now();
      for (const { metadata } of events) seenAt.set(String(metadata.correlationId), now);
    }
  })();
  return {
    /** When the acceptance of the bid with this command id was delivered, as `performance.now()` tells time. */
    seenAt: (commandId: string): number | undefined => seenAt.get(commandId),
    async stop(): Promise<void> {
      stopping.abort();
      await reading;
    },
  };
}
