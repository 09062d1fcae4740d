import type { TestContext } from 'node:test';
import { noBidsDecided } from '#domain/auctions/auction/decided-bids.ts';
import { AcceptBid, CallOffAuction, DropHammer, LotClosing } from '#domain/auctions/auction/messages.ts';
import { PlaceBid } from '#domain/auctions/participant/messages.ts';
import { AuctionCalledOff } from '#domain/auctions/sale/messages.ts';
import type { AnyDecider } from '#domain/kernel/decider.ts';
import { emptyTable } from '#domain/kernel/id-table.ts';
import type { Intent } from '#domain/kernel/intent.ts';
import type { Reaction } from '#domain/kernel/reaction.ts';
import type { Saga } from '#domain/kernel/saga.ts';
import { availableOf, heldOf, moved } from '#domain/wallets/posting.ts';
import type { Wallet } from '#domain/wallets/wallet/state.ts';
import { followReaction } from '#runtime/chain.ts';
import {
  givenCancellation,
  givenScheduling,
  type Maxima,
  type Parts,
  partsOfLargeSale,
  realParts,
  type World,
} from './world.ts';

// Faults of kinds that such systems have had, each in one part of the platform that is handed to the search. The platform
// itself knows nothing of them.

export interface Fault {
  readonly name: string;
  readonly parts: Parts;
  /** The smallest world in which it shows. */
  readonly maxima: Maxima;
  /** Who else comes, if it takes more than bids. */
  readonly given?: (t: TestContext, maxima: Maxima) => Promise<World>;
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

/** Only the timer ends a lot: nobody compares the moment of a bid with it. */
const byTimerOnly: Parts = (() => {
  const never = '9999-12-31T23:59:59.999Z';
  const door = withDecision('participant', PlaceBid.type, (real) => (data, state, facts) => {
    const { precondition } = facts as { readonly precondition: object };
    const yes = 'hold' in precondition ? { ...precondition, endsAt: never } : precondition;
    return real(data, state, { ...facts, precondition: yes });
  });
  const inside = withDecision(
    'auction',
    AcceptBid.type,
    (real) => (data, state, facts) => real({ ...data, moment: undefined }, state, facts),
  );
  const deciders = realParts.deciders.map((real, at) =>
    real.category === 'auction' ? (inside.deciders[at] ?? real) : (door.deciders[at] ?? real),
  );
  return { ...realParts, deciders };
})();

/** The catch-up consumer takes for granted that the write side has followed what it committed. */
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

const callsOff = ({ type }: { readonly type: string }): boolean => type === AuctionCalledOff.type;

/** The hammer does not ask the sale. */
const unasked: Parts = {
  ...realParts,
  workflows: realParts.workflows.filter(({ command }) => command !== DropHammer),
};

/** A sale that is cancelled says so, and nobody sees to its auctions. */
const deafToSales: Parts = {
  ...withReactions((reaction) => ({
    ...reaction,
    on: (event, trail) => (callsOff(event) ? [] : reaction.on(event, trail)),
  })),
  workflows: unasked.workflows,
};

/** The hammer does not ask a sale that calls its auctions off by and by. */
const unaskedInLargeSale: Parts = { ...partsOfLargeSale, workflows: unasked.workflows };

/** Auctions are called off beside the lane in which their hammers fall. */
const besideTheLane: Parts = {
  ...unasked,
  reactions: realParts.reactions.flatMap((reaction) =>
    reaction.name === 'bid-funding'
      ? [
          { ...reaction, events: reaction.events.filter((event) => !callsOff(event)) },
          { ...reaction, name: 'beside', events: [AuctionCalledOff], line: undefined, passed: () => [] },
        ]
      : [reaction],
  ),
};

/** What was called off before it was scheduled is scheduled all the same. */
const unbarred: Parts = {
  ...withDecision('auction', CallOffAuction.type, (real) => (data, state, facts) => {
    const { phase } = state as { readonly phase: string };
    return phase === 'none' ? [] : real(data, state, facts);
  }),
  workflows: unasked.workflows,
};

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
    name: 'bids that count whenever they come before the timer',
    parts: byTimerOnly,
    maxima: { ann: [12_00n], bob: [] },
    problem: /behind the end and was counted/,
  },
  {
    name: 'a catch-up consumer that follows nothing',
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
    // A bid that is placed again is another one, of the same id: what is said of one is said of the other.
    problem: /bids, \d came in|answered \d times|where the same bids led to|it was passed over/,
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
  {
    name: 'a sale that is cancelled and keeps its auctions',
    parts: deafToSales,
    maxima: { ann: [], bob: [] },
    given: givenCancellation,
    problem: /its sale was cancelled before its end/,
  },
  {
    name: 'a hammer that does not wait for what was called off',
    parts: besideTheLane,
    maxima: { ann: [], bob: [] },
    given: givenCancellation,
    problem: /its sale was cancelled before its end/,
  },
  {
    name: 'a hammer that does not ask a large sale',
    parts: unaskedInLargeSale,
    maxima: { ann: [], bob: [] },
    given: givenCancellation,
    problem: /its sale was cancelled before its end/,
  },
  {
    name: 'an auction that is scheduled behind the end of its sale',
    parts: unbarred,
    maxima: { ann: [], bob: [] },
    given: givenScheduling,
    problem: /its sale was cancelled before its end/,
  },
];

/** It stands behind another defence, the ids that derive from their cause: alone it does no harm. */
export const harmless: Omit<Fault, 'problem'> = {
  name: 'claims that can be made again',
  parts: reopening,
  maxima: { ann: [5_00n, 12_00n], bob: [8_00n] },
};
