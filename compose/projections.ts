import type { Log } from '#domain/kernel/ports/log.ts';
import { auctionViews } from '#projections/auctions/index.ts';
import { type RunningViews, startViews } from '#projections/runtime/views.ts';
import type { View } from '#projections/view.ts';
import { walletViews } from '#projections/wallets/index.ts';
import type { Engines } from './engines.ts';

/** Every read model of the platform. */
export const views: readonly View[] = [...auctionViews, ...walletViews];

/** Advances every view. */
export const projections = ({ consume, readStore, machineClock }: Engines, log: Log): Promise<RunningViews> =>
  startViews({
    views,
    consume,
    readStore,
    clock: machineClock,
    onProblem: (view, error) => log.error({ view, err: error }, 'a view cannot be looked after'),
  });
