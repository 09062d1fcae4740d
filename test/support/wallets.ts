import type { Facts } from '#domain/kernel/decider.ts';
import type { Command, NewEvent } from '#domain/kernel/message.ts';
import { wallet } from '#domain/wallets/wallet/decider.ts';
import {
  CaptureHold,
  CreditWallet,
  EndClaim,
  OpenWallet,
  ReleaseHold,
  ReserveFunds,
} from '#domain/wallets/wallet/messages.ts';
import { decideOn, eventsOf, lineOf, NOW, person } from './given.ts';

// Wallets decided without a pipeline: the commands of a history, and a decision on one line.

export const currency = 'USD';
export const ann = { person: 'ann', currency };
export const open = OpenWallet({ currency });
export const credit = (amount: bigint, movement = 'm') =>
  CreditWallet({ ...ann, amount, movement, reason: 'top_up' });
export const reserve = (claimId: string, amount: bigint, holdId = 'lot') =>
  ReserveFunds({ ...ann, holdId, claimId, amount, purpose: 'bid' });
export const end = (claimId: string) => EndClaim({ ...ann, holdId: 'lot', claimId, reason: 'outbid' });
export const capture = (amount: bigint, movement = 'sale', holdId = 'lot') =>
  CaptureHold({ ...ann, holdId, amount, movement });
export const release = (reason: 'unsold' | 'expired' | 'payout_failed' = 'unsold', holdId = 'lot') =>
  ReleaseHold({ ...ann, holdId, reason });

type Step = Command | readonly [Command, Partial<Facts>];
const isPair = (step: Step): step is readonly [Command, Partial<Facts>] => Array.isArray(step);

/** The history that these commands make, one after the other; the n-th decision's own id is `id-n`. */
export const history = (...steps: Step[]): readonly NewEvent[] => {
  const events: NewEvent[] = [];
  for (const [at, step] of steps.entries()) {
    const [command, facts] = isPair(step) ? step : [step, {}];
    events.push(...eventsOf(decideOn(wallet, events, command, { id: `id-${at + 1}`, ...facts })));
  }
  return events;
};

/** `Type field=value …` of each event, or the rejection's code: a decision on one line. */
export const line = (events: readonly NewEvent[], command: Command, facts: Partial<Facts> = {}): string =>
  lineOf(decideOn(wallet, events, command, facts), ({ type, data }) => {
    const { balance, reason, held } = data as {
      balance?: { available: bigint; held: bigint };
      reason?: string | { code: string };
      held?: bigint;
    };
    const why = typeof reason === 'object' ? reason.code : reason;
    return [
      type,
      ...(why === undefined ? [] : [why]),
      ...(held === undefined ? [] : [`hold ${held}`]),
      ...(balance === undefined ? [] : [`${balance.available}+${balance.held}`]),
    ].join(' ');
  });

export const facts: Facts = { now: NOW, actor: person('ann'), id: 'x', precondition: undefined };
/** The state after these events. */
export const after = (state: typeof wallet.initial, events: readonly NewEvent[]) =>
  events.reduce(
    (so, event) => wallet.evolve(so, event as never, { position: undefined, occurredAt: NOW, actor: 'ann' }),
    state,
  );
