import { noBidsDecided } from '#domain/auctions/auction/decided-bids.ts';
import { AcceptBid, DropHammer, LotClosing } from '#domain/auctions/auction/messages.ts';
import { followReaction } from '#domain/kernel/chain.ts';
import type { AnyDecider } from '#domain/kernel/decider.ts';
import { emptyTable } from '#domain/kernel/id-table.ts';
import { availableOf, heldOf, moved } from '#domain/kernel/posting.ts';
import type { Intent, Reaction } from '#domain/kernel/reaction.ts';
import type { Saga } from '#domain/kernel/saga.ts';
import type { Wallet } from '#domain/wallets/wallet/state.ts';
import { type Maxima, type Parts, realParts } from './world.ts';

// Faults of kinds that such systems have had, each in one part of the house that is handed to the search. The house
// itself knows nothing of them.

export interface Fault {
  readonly name: string;
  readonly parts: Parts;
  /** The smallest world in which it shows. */
  readonly maxima: Maxima;
  /** What the search has to say of it. */
  readonly problem: RegExp;
}

type Branch = AnyDecider['decide'][string];

function withDecider(category: string, change: (decider: AnyDecider) => AnyDecider): Parts {
  const deciders = realParts.deciders.map((it) => (it.category === category ? change(it) : it));
  return { ...realParts, deciders };
}

function withDecision(category: string, command: string, change: (real: Branch) => Branch): Parts {
  return withDecider(category, (decider) => {
    const real = decider.decide[command];
    if (real === undefined) throw new TypeError(`${category} does not decide ${command}`);
    return { ...decider, decide: { ...decider.decide, [command]: change(real) } };
  });
}

const withReactions = (change: (reaction: Reaction) => Reaction): Parts => ({
  ...realParts,
  reactions: realParts.reactions.map(change),
});

const withSaga = (name: string, change: (saga: Saga) => Saga): Parts => ({
  ...realParts,
  sagas: realParts.sagas.map((saga) => (saga.name === name ? change(saga) : saga)),
});

/** Bids that wait behind the end of the lot are decided in the same append, when nobody knows yet where the end stands. */
const noBarrier = withDecider('auction', (auction) => ({ ...auction, barriers: [] }));

/** The hammer falls as soon as the lot closes, whoever still waits. */
const hastyHammer = withReactions((reaction) => ({
  ...reaction,
  on: (event, trail) =>
    reaction.name === 'bid-funding' && event.type === LotClosing.type
      ? [{ command: DropHammer(event.data as Parameters<typeof DropHammer>[0]) }]
      : reaction.on(event, trail),
}));

/** Bids are decided as they are funded. */
const asFunded = withReactions((reaction) => ({
  ...reaction,
  on: (event, trail) => reaction.on(event, trail).map(({ inTurn, ...intent }) => intent),
}));

/** The auction forgets whom it has passed over. */
const forgiving = withDecision(
  'auction',
  AcceptBid.type,
  (real) => (data, state, facts) => real(data, { ...(state as object), passedOver: noBidsDecided }, facts),
);

/** The auction does not ask where a bid was placed. */
const endlessLot = withDecision(
  'auction',
  AcceptBid.type,
  (real) => (data, state, facts) => real({ ...data, placedAt: '0' }, state, facts),
);

/** The safety net takes for granted that the write side has followed what it committed. */
const blindNet: Parts = {
  ...realParts,
  followReaction: (following) =>
    following.stage === 'on'
      ? Promise.resolve({ events: [], unanswered: undefined })
      : followReaction(following),
};

/** The seller is paid first, the buyer pays afterwards. */
const paidInAdvance = withSaga('settlement', (saga) => ({
  ...saga,
  onEvent(state, event) {
    const step = saga.onEvent(state, event);
    if (step === undefined) return undefined;
    const proceeds = saga.onAnswer(
      step.state,
      'capture',
      { outcome: 'accepted', events: [] },
      event.recordedAt,
    );
    return { ...step, sends: [...(proceeds?.sends ?? []), ...(step.sends ?? [])] };
  },
  onAnswer: (state, purpose, answer, now) =>
    purpose === 'capture' ? { state } : saga.onAnswer(state, purpose, answer, now),
}));

/** The end of a claim gives back all of it, although another claim on the same hold still needs it. */
const releasedTwice = withDecision('wallet', 'EndClaim', (real) => (data, state, facts) => {
  const decision = real(data, state, facts);
  const { person, currency, holdId, claimId } = data as Readonly<Record<string, string>>;
  const { holds, available, held } = state as Wallet;
  const claim = holds.recent
    .find((hold) => hold.holdId === holdId)
    ?.open.find((it) => it.claimId === claimId);
  if ('rejected' in decision || claim === undefined) return decision;
  const { amount } = claim;
  const postings = moved(
    heldOf(person ?? '', currency ?? ''),
    availableOf(person ?? '', currency ?? ''),
    amount,
  );
  const balance = { available: available + amount, held: held - amount };
  return decision.map(({ type, data }) => ({ type, data: { ...data, released: amount, postings, balance } }));
});

/** A stream remembers its last command alone. */
const forgetful: Parts = { ...realParts, rememberedCommands: 1 };

/** Ids that everybody who sends a command makes afresh. */
const freshIds = (parts: Parts): Parts => {
  let sent = 0;
  const fresh = (intents: readonly Intent[]): readonly Intent[] =>
    intents.map((intent) => {
      sent += 1;
      return { ...intent, purpose: `${intent.purpose ?? ''} ${sent}` };
    });
  const reactions = parts.reactions.map((reaction) => ({
    ...reaction,
    on: (event: Parameters<Reaction['on']>[0], trail: Parameters<Reaction['on']>[1]) =>
      fresh(reaction.on(event, trail)),
  }));
  return { ...parts, reactions };
};

/** A wallet forgets which claims are over, so that one can be made again. */
const reopening = withDecision('wallet', 'ReserveFunds', (real) => (data, state, facts) => {
  const wallet = state as Wallet;
  const recent = wallet.holds.recent.map((hold) => ({ ...hold, answered: emptyTable }));
  const holds = { ...wallet.holds, recent };
  return real(data, { ...wallet, holds }, facts);
});

export const faults: readonly Fault[] = [
  {
    name: 'no barrier behind the end of a lot',
    parts: noBarrier,
    maxima: { ann: [12_00n], bob: [] },
    problem: /before the end and was refused for it/,
  },
  {
    name: 'a hammer that waits for nobody',
    parts: hastyHammer,
    maxima: { ann: [12_00n], bob: [] },
    problem: /before the end and was refused for it/,
  },
  {
    name: 'bids that are decided as they are funded',
    parts: asFunded,
    maxima: { ann: [12_00n], bob: [8_00n] },
    problem: /stands before it and still waits/,
  },
  {
    name: 'bids that count although they were passed over',
    parts: forgiving,
    maxima: { ann: [12_00n], bob: [8_00n] },
    problem: /it was passed over/,
  },
  {
    name: 'bids that count whenever they come',
    parts: endlessLot,
    maxima: { ann: [12_00n], bob: [] },
    problem: /behind the end and was counted/,
  },
  {
    name: 'a safety net that follows nothing',
    parts: blindNet,
    maxima: { ann: [12_00n], bob: [] },
    problem: /answered 0 times|not funded/,
  },
  {
    name: 'a settlement that pays before it is paid',
    parts: paidInAdvance,
    maxima: { ann: [12_00n], bob: [] },
    problem: /left clearing before they came in/,
  },
  {
    name: 'a release of what another claim needs',
    parts: releasedTwice,
    maxima: { ann: [5_00n, 12_00n], bob: [] },
    problem: /are held where|are booked/,
  },
  {
    name: 'a stream that forgets its commands',
    parts: forgetful,
    maxima: { ann: [5_00n, 12_00n], bob: [] },
    problem: /bids, \d came in|answered \d times|where the same bids led to/,
  },
  {
    name: 'ids that do not derive from their cause',
    parts: freshIds(realParts),
    maxima: { ann: [12_00n], bob: [] },
    problem: /answered 0 times/,
  },
  {
    name: 'ids that do not derive from their cause, with claims that can be made again',
    parts: freshIds(reopening),
    maxima: { ann: [5_00n, 12_00n], bob: [] },
    problem: /answered before/,
  },
];

/** It stands behind another defence, the ids that derive from their cause: alone it does no harm. */
export const harmless: Omit<Fault, 'problem'> = {
  name: 'claims that can be made again',
  parts: reopening,
  maxima: { ann: [5_00n, 12_00n], bob: [8_00n] },
};
