import { amount, type Complain, type Json, list, object, type RawEvent, type Rules, text } from './raw.ts';

/** Money held under one name. What it holds is the largest of its open claims. */
interface Hold {
  readonly wallet: string;
  readonly open: Map<string, bigint>;
  /** Claims that had their answer, and claims that have ended. */
  readonly answered: Set<string>;
  readonly ended: Set<string>;
  over: boolean;
}

const heldBy = ({ open }: Hold): bigint => {
  let most = 0n;
  for (const claim of open.values()) if (claim > most) most = claim;
  return most;
};

/** What an event says that it moves is what it moves; only a claim may need less than its amount. */
function checkAmount(stated: unknown, postings: readonly Json[], complain: Complain): void {
  if (stated !== undefined && !postings.some((posting) => posting.amount === stated))
    complain(`it says that it moves ${stated}`);
}

/** `claimed` undefined: the claim was refused. */
function answerClaim(hold: Hold, claimId: string, claimed: bigint | undefined, complain: Complain): void {
  if (hold.answered.has(claimId)) complain(`${claimId} was answered before`);
  hold.answered.add(claimId);
  if (claimed === undefined) return;
  if (hold.ended.has(claimId)) complain(`${claimId} had ended before it was made`);
  hold.open.set(claimId, claimed);
}

export interface Money extends Rules {
  /** Every account that ever moved, in minor units, without those of clearing. */
  balances(): Readonly<Record<string, bigint>>;
  /** Holds that hold something: `<person>:<currency>/<holdId>` to minor units. */
  held(): Readonly<Record<string, bigint>>;
}

/** What has come to an account once, or was refused once, for its movement and reason. */
const credits: ReadonlySet<string> = new Set([
  ...['FundsCredited', 'CreditRefused', 'PlatformCredited', 'MoneyUnclaimed', 'UnallocatedAssigned'],
]);

/** What the credit was called whose refusal is owed for such a reason, where that is another name. */
const refusedAs: Readonly<Record<string, string>> = { transfer: 'transfer_returned', returned: 'unclaimed' };

/** The mirror of the world outside, by what came in from there; what people owe; and what the house has lost. */
const mayBeNegative = (account: string): boolean =>
  ['provider:', 'receivable:', 'platform:losses:'].some((kind) => account.startsWith(kind));

const isBeyond = (account: string, balance: bigint): boolean =>
  balance < 0n ? !mayBeNegative(account) : balance > 0n && account.startsWith('receivable:');

/** Money that has to arrive; and what nobody owns has to find its owner. */
const isOnItsWay = (account: string): boolean =>
  account.startsWith('clearing:') || account.startsWith('platform:unallocated:');

/** Double entry; nobody below zero; holds whose claims are answered once and end once; credits that come once. */
export function money(): Money {
  const balances = new Map<string, bigint>();
  const holds = new Map<string, Hold>();
  /** What the holds of each wallet hold together. */
  const heldIn = new Map<string, bigint>();
  const credited = new Set<string>();
  /** Who was to be credited by a movement when their wallet refused, by movement and reason. */
  const refused = new Map<string, string>();

  function book({ type, data }: RawEvent, complain: Complain): void {
    const postings = list(data.postings);
    let sum = 0n;
    const currencies = new Set<string>();
    for (const posting of postings) {
      const account = text(posting.account);
      const by = amount(posting.amount);
      sum += by;
      currencies.add(account.split(':')[2] ?? '');
      const balance = (balances.get(account) ?? 0n) + by;
      balances.set(account, balance);
      if (by === 0n) complain(`${account} is said to move by nothing`);
      if (isBeyond(account, balance)) complain(`${account} is at ${balance}`);
    }
    if (sum !== 0n) complain(`its postings sum to ${sum}`);
    if (postings.length > 0 && type !== 'FundsReserved') checkAmount(data.amount, postings, complain);
    if (currencies.size > 1) complain('its postings are in several currencies');
  }

  /** The running balance that an event of a wallet states for the statement. */
  function checkBalance({ person, currency, balance }: Json, complain: Complain): void {
    for (const side of ['available', 'held']) {
      const booked = balances.get(`wallet:${person}:${currency}:${side}`) ?? 0n;
      const stated = object(balance)[side];
      if (stated !== booked.toString()) complain(`says ${stated} ${side} where ${booked} are booked`);
    }
  }

  /** What is owed to a person, as its event states it. */
  function checkOwed({ person, currency, balance }: Json, complain: Complain): void {
    const booked = balances.get(`unclaimed:${person}:${currency}`) ?? 0n;
    if (balance !== booked.toString()) complain(`says that ${balance} are owed where ${booked} are booked`);
  }

  function change(hold: Hold, { type, data }: RawEvent, complain: Complain): void {
    const claimId = text(data.claimId);
    if (type === 'FundsReserved' || type === 'FundsRefused') {
      answerClaim(hold, claimId, type === 'FundsReserved' ? amount(data.amount) : undefined, complain);
    } else if (type === 'ClaimEnded') {
      if (hold.ended.has(claimId)) complain(`${claimId} has ended before`);
      hold.ended.add(claimId);
      hold.open.delete(claimId);
    } else if (type === 'FundsCaptured' || type === 'FundsReleased') {
      hold.over = true;
      for (const [claim] of hold.open) hold.ended.add(claim);
      hold.open.clear();
    }
  }

  function follow(event: RawEvent, complain: Complain): void {
    const { type, data } = event;
    const wallet = `${data.person}:${data.currency}`;
    const name = `${wallet}/${data.holdId}`;
    const hold = holds.get(name) ?? {
      ...{ wallet, open: new Map(), answered: new Set<string>(), ended: new Set<string>(), over: false },
    };
    holds.set(name, hold);
    if (hold.over && type !== 'FundsRefused') complain('the hold was over');
    const before = heldBy(hold);
    change(hold, event, complain);
    const now = heldBy(hold);
    const together = (heldIn.get(wallet) ?? 0n) + now - before;
    heldIn.set(wallet, together);
    if (data.held !== undefined && data.held !== now.toString())
      complain(`says that ${data.held} are held where it is ${now}`);
    const booked = balances.get(`wallet:${wallet}:held`) ?? 0n;
    if (together !== booked) complain(`the holds hold ${together} where ${booked} are booked as held`);
  }

  /** What is owed is owed to whoever was to be credited, or had it in a wallet that was closed behind them, and to nobody else. */
  function checkOwner({ movement, reason, person }: Json, complain: Complain): void {
    const owner = refused.get(`${movement} ${refusedAs[text(reason)] ?? reason}`);
    if (owner !== person) complain(`${person} is owed what was refused to ${owner}`);
  }

  /** The same money comes once: a movement credits a wallet or an account of the house once for each reason. */
  function credit({ type, stream, data }: RawEvent, complain: Complain): void {
    const reason = type === 'CreditRefused' ? data.credit : data.reason;
    const assigned = type === 'UnallocatedAssigned' ? ' assigned' : '';
    const name = `${stream} ${data.movement} ${reason}${assigned}`;
    if (credited.has(name)) complain(`${data.movement} was credited before`);
    credited.add(name);
    if (type === 'CreditRefused') refused.set(`${data.movement} ${data.credit}`, text(data.person));
    if (type === 'MoneyUnclaimed' || type === 'UnallocatedAssigned') checkOwner(data, complain);
  }

  return {
    see(event, complain) {
      const { type, stream, data } = event;
      if (data.postings !== undefined) book(event, complain);
      const check = stream.startsWith('wallet-') ? checkBalance : checkOwed;
      if (data.balance !== undefined) check(data, complain);
      if (stream.startsWith('wallet-') && data.holdId !== undefined) follow(event, complain);
      if (credits.has(type)) credit(event, complain);
      if (type === 'MoneyLeftBehind') refused.set(`${data.movement} left_behind`, text(data.person));
    },
    atRest(complain) {
      for (const [account, balance] of balances)
        if (isOnItsWay(account) && balance !== 0n) complain(`${account} ends with ${balance}`);
    },
    balances: () =>
      Object.fromEntries([...balances].filter(([account]) => !account.startsWith('clearing:')).sort()),
    held() {
      const holding = [...holds].map(([name, hold]) => [name, heldBy(hold)] as const);
      return Object.fromEntries(holding.filter(([, held]) => held > 0n));
    },
  };
}
