import { z } from 'zod';
import { unreachable } from '#domain/kernel/unreachable.ts';
import { seededRandom } from '#test/support/seeded.ts';
import { type FaultKind, faultKinds } from './faults.ts';

// A run as data: who does what when, and what goes wrong when. It is made from the seed before anything runs, so that
// parts of it can be left out to see whether the rest still fails.

const At = { atMs: z.int().min(0) };
const Send = z.strictObject({
  ...At,
  do: z.literal('send'),
  who: z.string(),
  /** The command's id; the same id again is a repeat. */
  id: z.string(),
  command: z.string(),
  data: z.record(z.string(), z.json()),
  /** Sent two times at once. */
  twice: z.boolean(),
});
const Decide = z.strictObject({
  ...At,
  do: z.literal('decide'),
  /** Of the payments that wait to be confirmed, counted from the newest. */
  payment: z.int().min(0),
  how: z.enum(['confirm', 'decline', 'charge back', 'reinstate', 'contradict']),
});
const Notice = z.strictObject({
  ...At,
  do: z.literal('notice'),
  /** Of the notices that the provider has sent. */
  notice: z.int().min(0),
});
const Handle = z.strictObject({
  ...At,
  /** Sees to the last notice that nothing could follow. */
  do: z.literal('handle'),
  who: z.string(),
  id: z.string(),
});
const Pass = z.strictObject({ ...At, do: z.literal('pass'), minutes: z.int().min(1) });
const Fault = z.strictObject({
  ...At,
  do: z.literal('fault'),
  kind: z.enum(faultKinds),
  /** Which process, where it is one. */
  where: z.int().min(0).max(1),
  times: z.int().min(1),
});
const Step = z.discriminatedUnion('do', [Send, Decide, Notice, Handle, Pass, Fault]);
export type Step = z.output<typeof Step>;
export type SendStep = z.output<typeof Send>;
export type FaultStep = z.output<typeof Fault>;

export const Story = z.strictObject({
  /** Of everything that the steps leave open: the order of whatever happens at once, and how long each thing takes. */
  seed: z.int(),
  /** Two processes beside each other on shared stores; else one process with its own. */
  shared: z.boolean(),
  /** Recent events that a process's feed keeps. */
  ringEvents: z.int().min(1),
  steps: z.array(Step),
});
export type Story = z.output<typeof Story>;

/** Between two steps of a story, in milliseconds of the machines, on average. */
const PACE_MS = 30;
/** So many bids follow close behind each passing of time. */
const RUSH_BIDS = 2;
const RUSH_MS = 5;

const BIDDERS = ['ann', 'bob', 'cat', 'dan'] as const;
const AUCTIONS = ['a1', 'a2', 'a3'] as const;

/** Why sales are cancelled, and their auctions with them. */
export const FLOODED = 'The house is flooded.';

const usd = (amount: number) => ({ amount: String(amount), currency: 'USD' });

/** Mostly people confirm; some banks take back what they have paid. */
const DECISIONS = [
  ...(['confirm', 'confirm', 'confirm', 'confirm', 'confirm', 'charge back', 'decline'] as const),
] as const;

type PickOne = <T>(all: readonly T[]) => T;
interface Dice {
  readonly below: (end: number) => number;
  readonly pick: PickOne;
  readonly chance: (probability: number) => boolean;
  /** From 0 to 1: how much of the story has been told. */
  readonly told: number;
}
type Wanted = Pick<SendStep, 'who' | 'command' | 'data'>;

function bid({ pick, below, chance, told }: Dice): Wanted {
  // Sellers, the house's staff and people who have not joined try as well, and are turned away.
  const who = chance(0.92) ? pick(BIDDERS) : pick(['sam', 'otto', 'eve']);
  const maximum = chance(0.1) ? 1 + below(200) : 100 + 25 * below(40 + Math.floor(160 * told));
  return { who, command: 'PlaceBid', data: { auctionId: pick(AUCTIONS), maximum: usd(maximum) } };
}

function money({ pick, below }: Dice): Wanted {
  const who = pick(BIDDERS);
  const amount = 100 + below(40) * 100;
  return pick<() => Wanted>([
    () => ({ who, command: 'RequestTopUp', data: usd(amount) }),
    () => ({ who, command: 'RequestTopUp', data: usd(amount) }),
    () => ({ who, command: 'Withdraw', data: usd(amount) }),
    () => ({ who, command: 'Transfer', data: { ...usd(amount), to: pick([...BIDDERS, 'sam', 'eve']) } }),
    () => ({ who: pick(['dan', 'eve', 'eve']), command: 'CloseWallet', data: { currency: 'USD' } }),
    () => ({ who: pick(['dan', 'eve']), command: 'OpenWallet', data: { currency: 'USD' } }),
  ])();
}

/** What is refused whenever it comes: for want of a role, and to staff because it is their own affair. */
function notAllowed(bidder: (typeof BIDDERS)[number], auctionId: (typeof AUCTIONS)[number]): Wanted {
  const cause = 'Not allowed.';
  if (bidder === 'ann' || bidder === 'bob')
    return { who: bidder, command: 'CancelAuction', data: { auctionId, cause } };
  if (bidder === 'dan')
    return {
      who: 'dan as clerk',
      command: 'WriteOffDebt',
      data: { person: 'dan', currency: 'USD', cause: 'goodwill' },
    };
  const seller = auctionId === 'a2' ? 'sue' : 'sam';
  return { who: `${seller} as auctioneer`, command: 'CancelAuction', data: { auctionId, cause } };
}

function saleroom({ pick, chance, told }: Dice): Wanted {
  const auctionId = pick(AUCTIONS);
  return pick<() => Wanted>([
    () => ({ who: pick([...BIDDERS, 'eve']), command: 'JoinAuction', data: { auctionId } }),
    () => ({ who: pick(BIDDERS), command: 'JoinAuction', data: { auctionId: 'a3' } }),
    () => ({ who: pick(['sam', 'otto']), command: 'OpenAuction', data: { auctionId: 'a3' } }),
    () =>
      chance(0.3)
        ? { who: 'otto', command: 'CancelAuction', data: { auctionId, cause: 'A test of nerves.' } }
        : notAllowed(pick(BIDDERS), auctionId),
    () => ({
      // The later, the likelier: behind it nothing is sold any more.
      who: chance(0.5 * told) ? 'otto' : pick(BIDDERS),
      command: 'CancelSale',
      data: { saleId: 's1', cause: FLOODED },
    }),
    () => ({
      who: 'sam',
      command: 'ScheduleAuction',
      data: {
        ...{ auctionId: pick(['a1', 'a4']), lotId: pick(['l4', 'l3']), saleId: 's1' },
        ...{ opensAt: '2026-03-01T13:10:00.000Z', endsAt: '2026-03-01T14:30:00.000Z' },
      },
    }),
  ])();
}

/** Faults of one process with its own stores, and those of two with shared ones. */
const ownFaults: readonly FaultKind[] = [
  ...(['kill', 'kill', 'kill', 'power cut', 'power cut', 'views lost', 'commit fails, durable'] as const),
  ...(['commit fails, lost', 'rows refused', 'rows refused'] as const),
];
const sharedFaults: readonly FaultKind[] = [
  ...(['kill', 'kill', 'server dies', 'commit fails, durable', 'commit fails, lost'] as const),
  ...(['rows refused', 'answer of the store lost', 'answer of the store lost'] as const),
  ...(['process frozen', 'process frozen'] as const),
];
const everywhere: readonly FaultKind[] = [
  ...(['outage', 'clocks apart'] as const),
  ...(['answer to a client lost', 'answer of the provider lost', 'notice lost', 'notice twice'] as const),
  ...(['answer to a notice lost', 'read fails', 'views fail', 'answer of the views lost'] as const),
  ...(['feed dropped', 'wallet late', 'wallet late'] as const),
];

function faultAt(atMs: number, shared: boolean, { pick, below, chance }: Dice): FaultStep {
  const kind = pick(chance(0.5) ? everywhere : shared ? sharedFaults : ownFaults);
  return { atMs, do: 'fault', kind, where: shared ? below(2) : 0, times: 1 + below(3) };
}

/** In the evening, in milliseconds of the machines: what is under way may come to its end between two steps of it, or not. */
const EVENING_PACE_MS = 250;
/** Longer than any auction has left. */
const EVENING_MINUTES = 90;
/** Of the notices that the provider tells once more. */
const TOLD_AGAIN = 5;

/**
 * How every story ends, with something in the middle of it that goes wrong: the lots are over, Sue opens the wallet that she
 * sold without, somebody pays in, and the provider tells again what it has told. Then Joe spends what his bank takes back: he
 * cannot give up his own debt, nor see to what the bank says of it; the house does, and has it again when the bank pays after all.
 */
function evening(atMs: number, shared: boolean, dice: Dice): readonly Step[] {
  const send = (id: string, wanted: Wanted) => ({ do: 'send' as const, id, twice: false, ...wanted });
  const open = { who: 'sue', command: 'OpenWallet', data: { currency: 'USD' } };
  const joe = (command: string, data: SendStep['data']) => ({ who: 'joe', command, data });
  const giveUp = (who: string) => ({
    who,
    command: 'WriteOffDebt',
    data: { person: 'joe', currency: 'USD', cause: 'uncollectable' },
  });
  const bank = (how: z.output<typeof Decide>['how']) => ({ do: 'decide' as const, payment: 0, how });
  const handle = (id: string, who: string) => ({ do: 'handle' as const, id, who });
  const trouble = faultAt(0, shared, dice);
  const steps = [
    { do: 'pass' as const, minutes: EVENING_MINUTES },
    send('e1', { who: 'cat', command: 'RequestTopUp', data: usd(7_00) }),
    trouble,
    send('e2', open),
    bank('confirm'),
    ...Array.from({ length: TOLD_AGAIN }, (_, notice) => ({ do: 'notice' as const, notice })),
    send('e3', joe('OpenWallet', { currency: 'USD' })),
    send('e4', joe('RequestTopUp', usd(9_00))),
    bank('confirm'),
    send('e5', joe('Transfer', { ...usd(9_00), to: 'ann' })),
    bank('charge back'),
    send('e6', giveUp('joe as clerk')),
    send('e7', giveUp('otto')),
    bank('reinstate'),
    bank('contradict'),
    handle('e8', 'joe as clerk'),
    handle('e9', 'otto'),
  ];
  return steps.map((step, at) => ({ ...step, atMs: atMs + (at + 1) * EVENING_PACE_MS }));
}

/** The story of a seed: so many steps of people, their provider, time, and trouble; and its evening. */
export function storyOf(seed: number, steps: number): Story {
  const random = seededRandom(seed * 2_654_435_761 + 97);
  const below = (end: number): number => Math.floor(random() * end);
  const pick: PickOne = (all) => all[below(all.length)] as (typeof all)[number];
  const chance = (probability: number): boolean => random() < probability;
  const shared = chance(0.4);
  const told: Step[] = [];
  const sent: SendStep[] = [];
  let atMs = 0;
  for (let at = 0; at < steps; at++) {
    // Where time has just passed, lots end: people hurry.
    const rush = told.slice(-RUSH_BIDS).some((step) => step.do === 'pass');
    atMs += below(rush ? RUSH_MS : 2 * PACE_MS);
    const dice: Dice = { below, pick, chance, told: at / steps };
    told.push(nextStep(`c${at}`, atMs, dice, { shared, sent, rush }));
  }
  const ringEvents = 2 + below(30);
  const end = evening(atMs, shared, { below, pick, chance, told: 1 });
  return { seed, shared, ringEvents, steps: [...told, ...end] };
}

function nextStep(
  id: string,
  atMs: number,
  dice: Dice,
  { shared, sent, rush }: { readonly shared: boolean; readonly sent: SendStep[]; readonly rush: boolean },
): Step {
  const { below, pick, chance } = dice;
  const send = (wanted: Wanted): SendStep => {
    const step: SendStep = { atMs, do: 'send', id, twice: chance(0.1), ...wanted };
    sent.push(step);
    return step;
  };
  const luck = below(100);
  if (rush || luck < 52) return send(bid(dice));
  if (luck < 65) return send(money(dice));
  if (luck < 72) return { atMs, do: 'decide', payment: below(2), how: pick(DECISIONS) };
  if (luck < 75) return { atMs, do: 'notice', notice: below(3) };
  if (luck < 80) return send(saleroom(dice));
  if (luck < 84 && sent.length > 0) {
    const before = pick(sent);
    // A repeat; now and then somebody uses an id for something else.
    const other = before.command === 'PlaceBid' && chance(0.2);
    const data = other ? { ...before.data, maximum: usd(77) } : before.data;
    return { ...before, atMs, data };
  }
  if (luck < 87) return { atMs, do: 'pass', minutes: pick([1, 5, 15, 20, 30]) };
  return faultAt(atMs, shared, dice);
}

/** A step as a sentence. */
export function sentence(step: Step): string {
  const at = `${String(step.atMs).padStart(6)} ms  `;
  switch (step.do) {
    case 'send':
      return `${at}${step.who} sends ${step.command} ${JSON.stringify(step.data)} as ${step.id}${step.twice ? ', twice at once' : ''}`;
    case 'decide':
      return `${at}payment ${step.payment} at the provider: ${step.how}`;
    case 'notice':
      return `${at}the provider tells its notice ${step.notice} again`;
    case 'handle':
      return `${at}${step.who} sees to the last notice that waits, as ${step.id}`;
    case 'pass':
      return `${at}${step.minutes} minutes of business pass`;
    case 'fault':
      return `${at}fault: ${step.kind} (process ${step.where}, ${step.times}×)`;
    default:
      return unreachable(step);
  }
}
