import { saga } from '#domain/kernel/saga.ts';
import {
  FundsCaptured,
  FundsReleased,
  FundsReserved,
  HoldCommitted,
  ReleaseHold,
} from '#domain/wallets/wallet/messages.ts';
import { over } from '../expiry.ts';

interface Hold {
  readonly person: string;
  readonly currency: string;
  readonly holdId: string;
}
type Waiting = Hold | null;

/**
 * Releases a hold when its time has come, where whoever made it has said one (a bid never does). The wallet judges again
 * whether the hold has expired, so a commitment or a capture that comes first wins.
 */
export const holdExpiry = saga({
  name: 'hold-expiry',
  version: 1,
  initial: null as Waiting,
  on: (when) => [
    when(FundsReserved, (_state, { data: { person, currency, holdId, expiresAt } }) => {
      if (expiresAt === undefined) return undefined;
      return { state: { person, currency, holdId }, timers: [{ name: 'expiry', at: expiresAt }] };
    }),
    when(HoldCommitted, FundsCaptured, FundsReleased, over),
  ],
  // Of a hold that never expires there is no instance.
  id: ({ type, data }) =>
    type === FundsReserved.type && data.expiresAt === undefined
      ? undefined
      : `${data.person}:${data.currency}:${data.holdId}`,
  answers: { release: over },
  timers: {
    expiry: (state) =>
      state === null
        ? undefined
        : { state, sends: [{ command: ReleaseHold({ ...state, reason: 'expired' }), purpose: 'release' }] },
  },
});
