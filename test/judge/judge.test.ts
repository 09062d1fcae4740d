import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { registry } from '#compose/contexts.ts';
import {
  at,
  calledLate,
  calledOffBySeller,
  cancelledSale,
  decidedAt,
  doubled,
  elsewhere,
  enteredByBidder,
  FAR,
  history,
  inOwnSale,
  LONG_AGO,
  ownDebtGivenUp,
  ownDischarge,
  paidToAnother,
  passedOver,
  problemsOf,
  reasoned,
  recoveredAtOnce,
  seenToBy,
  sellerOf,
  sellingUnknown,
  sound,
  spoilt,
  twoDecided,
  withData,
  withoutFirstOf,
  withSaleEvent,
} from '#test/support/spoilt-history.ts';
import { judgeFollowed } from './followed.ts';
import { type Acknowledgement, judgement, type RawEvent } from './judge.ts';

// The judge is only worth what it finds: a sound history is spoilt in every place, one at a time.

test('the judge reads JSON alone: it imports no code of the platform', () => {
  const files = readdirSync(import.meta.dirname).filter((file) => !file.endsWith('.test.ts'));
  assert.ok(files.length > 5);
  for (const file of files)
    assert.doesNotMatch(readFileSync(join(import.meta.dirname, file), 'utf8'), /from '(?!\.\/|node:)/, file);
});

test('a sound history has no problem, and comes to the balances of its postings', () => {
  assert.deepEqual(sound.problems, []);
  assert.ok(history.length > 140);
  assert.deepEqual(problemsOf(history), []);
  const judge = judgement();
  for (const event of history) judge.see(event);
  assert.equal(
    Object.values(judge.balances()).reduce((sum, balance) => sum + balance, 0n),
    0n,
  );
  assert.equal(judge.events, history.length);
  assert.equal(judge.position, history.at(-1)?.position);
});

test('an event that is missing is missed, wherever it stood', () => {
  // The last event of a stream leaves no gap in it; of most of them something else tells.
  const silent = history.filter((_, place) => problemsOf(history.toSpliced(place, 1)).length === 0);
  const lastOfTheirStream = silent.every(
    ({ stream, revision }) => !history.some((other) => other.stream === stream && other.revision > revision),
  );
  assert.ok(lastOfTheirStream, silent.map(({ type }) => type).join());
  assert.ok(silent.length < history.length / 4, `${silent.length} of ${history.length}`);
});

test('an event that is there twice, or in the wrong order, is found', () => {
  for (const [place, event] of history.entries()) {
    assert.notDeepEqual(problemsOf(history.toSpliced(place, 0, event)), [], `${event.type} twice`);
    const next = history[place + 1];
    if (next === undefined) continue;
    const swapped = history.with(place, next).with(place + 1, event);
    assert.notDeepEqual(problemsOf(swapped), [], `${next.type} before ${event.type}`);
  }
});

test('money that is wrong by the smallest unit is found in every posting, balance and claim', () => {
  const more = (amount: unknown): string => (BigInt(String(amount)) + 1n).toString();
  for (const [place, { type, data }] of history.entries()) {
    for (const field of [
      'amount',
      'maximum',
      'hold',
      'price',
      'smallestBid',
      'offered',
      'hammer',
      'premium',
      'paid',
      'proceeds',
      'fees',
    ]) {
      // What was only wished for is not compared with anything.
      if (typeof data[field] !== 'string' || type === 'BidRejected' || type.endsWith('Refused')) continue;
      assert.notDeepEqual(
        problemsOf(withData(place, { [field]: more(data[field]) })),
        [],
        `${field} of ${type}`,
      );
    }
    if (Array.isArray(data.postings) && data.postings.length > 0) {
      const [first, ...rest] = data.postings as readonly { readonly amount: string }[];
      const postings = [{ ...first, amount: more(first?.amount) }, ...rest];
      assert.notDeepEqual(problemsOf(withData(place, { postings })), [], `a posting of ${type}`);
    }
    if (data.balance !== undefined) {
      const balance = data.balance as string | { readonly available: string; readonly held: string };
      const wrong =
        typeof balance === 'string' ? more(balance) : { ...balance, available: more(balance.available) };
      assert.notDeepEqual(problemsOf(withData(place, { balance: wrong })), [], `the balance of ${type}`);
    }
  }
});

const rules: readonly (readonly [what: string, spoil: () => readonly RawEvent[], says: RegExp])[] = [
  ['another winner', () => withData(at('LotSold'), { winner: 'eve' }), /whoever leads has not won/],
  ['another leader', () => withData(at('BidAccepted'), { leader: 'eve' }), /leads, not eve/],
  ['a bid nobody placed', () => withData(at('BidAccepted'), { bidId: 'none' }), /none was never placed/],
  ['a bid under another number', () => withData(at('BidPlaced'), { nth: 7 }), /it is bid 1 of its/],
  ['a decision on another number', () => withData(at('BidAccepted'), { nth: 7 }), /'s 7 it was never placed/],
  ['a bid answered twice', () => doubled('BidAccepted'), /was answered before/],
  ['a claim ended twice', () => doubled('ClaimEnded'), /has ended before/],
  ['a lot settled twice', () => doubled('LotSettled'), /nothing was to be settled/],
  ['proceeds that went elsewhere', () => paidToAnother(), /the proceeds went to \w+, and \d+ are owed/],
  ['a debt that took nothing', () => withData(at('LotSettled'), { debtPaid: '1' }), /a debt took 0, not 1/],
  ['a loss that never was', () => recoveredAtOnce(), /recovers \d+ more than was ever written off/],
  ['a settlement without its money', () => elsewhere(), /said to be paid where it is 0/],
  ['a credit that comes twice', () => doubled('FundsCredited'), /was credited before/],
  ['a payment confirmed twice', () => doubled('TopUpConfirmed'), /the payment is confirmed/],
  ['a step taken twice', () => doubled('SagaStepped'), /was taken before|was not waited for|was sent before/],
  [
    'a bid decided before an earlier one',
    () => withoutFirstOf(twoDecided()),
    /placed before it and still waits/,
  ],
  ['a bid that was passed over and counts', () => passedOver(twoDecided()), /the bid was passed over/],
  ['a bid passed over twice', () => passedOver(twoDecided(), 2), /was passed over before/],
  ['a bid passed over behind its answer', () => passedOver(twoDecided(), 1, 1), /no such bid waits/],
  ['a bid refused as too late that nobody passed over', () => calledLate(), /was never passed over/],
  ['a bid of who entered the lot', () => enteredByBidder(), /whoever bids had a hand in it/],
  [
    'a lot sold although its sale was cancelled before',
    () => withSaleEvent('SaleCancelled', at('LotClosing')),
    /its sale was cancelled before its end/,
  ],
  [
    'a sale closed by who has bid in it',
    () => withSaleEvent('SaleClosed', at('LotClosing'), String(history[at('BidAccepted')]?.data.bidder)),
    /whoever has bid in it takes a hand/,
  ],
  [
    'a sale closed by who has a lot in it',
    () => withSaleEvent('SaleClosed', at('LotClosing'), sellerOf(history[at('LotClosing')])),
    /whoever has a lot in it decides about it/,
  ],
  ['an auction called off by its seller', () => calledOffBySeller(), /called off the auction of their own/],
  ['an own lot in a sale of one’s own', () => inOwnSale(), /a sale that its seller has arranged/],
  ['an own debt given up', () => ownDebtGivenUp(), /has given up their own debt/],
  ['money discharged of who is still here', () => ownDischarge(), /has not left, and is owed no more/],
  ['what is owed to oneself discharged', () => ownDischarge(), /discharged what is owed to themselves/],
  ['a discharge of a part', () => ownDischarge(), /of what was owed "\d+" are left/],
  ['a discharge that stands nowhere', () => ownDischarge(), /do not stand outside/],
  [
    'a seller who is kept for ever',
    () => withoutFirstOf(at('SellingEnded')),
    /\w+ is kept by a\d l\d, which is over/,
  ],
  ['a seller whom nobody keeps', () => sellingUnknown(), /is being sold, and \w+ is not known to sell/],
  ['a notice about their own money', () => seenToBy('joe'), /seen to a notice about their own money/],
  [
    'a notice that never was',
    () => history.filter(({ type }) => type !== 'NoticeKept'),
    /no such notice waits/,
  ],
  ['a notice seen to twice', () => doubled('NoticeHandled'), /has seen to it before/],
  [
    'a notice that was refused, and waits for nobody',
    () => history.filter(({ type }) => type !== 'NoticeKept'),
    /was refused, and waits for nobody/,
  ],
  ['an auction that stands without its sale', () => cancelledSale(), /stands, and its sale .* is cancelled/],
  ['a bid placed behind the end', () => decidedAt('BidPlaced', FAR), /placed behind the end of the lot/],
  ['somebody who joins behind the end', () => decidedAt('ParticipantJoined', FAR), /joins behind the end/],
  ['an auction opened behind its end', () => decidedAt('AuctionOpened', FAR), /opened behind its end/],
  ['an auction opened before its time', () => decidedAt('AuctionOpened', LONG_AGO), /opened before its time/],
  ['a lot closed before its time', () => decidedAt('LotClosing', LONG_AGO), /closed before its time/],
  [
    'an auction that passes as never opened although it was',
    () =>
      spoilt(at('LotSold'), ({ data }) => ({
        type: 'LotPassed',
        data: { ...data, cause: 'never_opened' },
      })),
    /the hammer falls while the auction is closing/,
  ],
  ['nobody behind it', () => reasoned({ actor: '' }), /no actor/],
  ['no cause', () => reasoned({ causationId: 'nothing' }), /its cause is unknown/],
  ['no way in', () => reasoned({ origin: {} }), /nobody knows from where/],
  ['an id used before', () => spoilt(1, () => ({ eventId: history[0]?.eventId ?? '' })), /was used before/],
  [
    'a time before its forerunner',
    () => spoilt(5, () => ({ recordedAt: history[0]?.recordedAt.replace('2026', '2025') ?? '' })),
    /recorded before/,
  ],
];

for (const [what, spoil, says] of rules)
  test(`${what} is found`, () => assert.match(problemsOf(spoil()).join('\n'), says));

/** What somebody decides in no role, behind a history that has nothing of it. */
function inNoRole(stream: string): readonly RawEvent[] {
  const last = history.at(-1);
  assert.ok(last);
  const [commandId, position] = ['in-no-role', last.position + 1n];
  const metadata = { ...last.metadata, actor: 'eve', roles: [], commandId, causationId: commandId };
  const eventId = '01890000-0000-7000-8000-000000000000';
  return [
    ...history,
    { ...last, ...{ stream, position, eventId, metadata }, type: 'Told', revision: 0, data: {} },
  ];
}

test('what everybody may who has signed in is sound in no role, about themselves and nobody else', () => {
  const eve = { id: 'eve', roles: [], reputation: 0 };
  const streams = [...registry.commands.values()].flatMap(({ command }) =>
    command.from === 'member' ? [command.streamOf({}, eve)] : [],
  );
  assert.ok(streams.length > 3);
  for (const stream of streams) {
    assert.deepEqual(problemsOf(inNoRole(stream)), [], stream);
    const others = stream.replace(/-eve$/, '-joe');
    assert.match(problemsOf(inNoRole(others)).join(), /nobody knows in which role/, others);
  }
  assert.match(problemsOf(reasoned({ roles: [] })).join(), /nobody knows in which role/);
});

/** What a client may have been told of the command behind the first event of a type. */
function answerTo(type: string): Acknowledgement {
  const event = history[at(type)];
  assert.ok(event);
  const { stream, revision, position, eventId, metadata } = event;
  const [commandId, actor] = [String(metadata.commandId), String(metadata.actor)];
  return {
    commandId,
    actor,
    outcome: 'accepted',
    position,
    events: [{ stream, revision, position, eventId }],
  };
}

test('an answer that the history does not bear out is found', () => {
  const answer = answerTo('WalletOpened');
  assert.deepEqual(problemsOf(history, answer, answer), []);
  const [event] = answer.events;
  assert.ok(event);
  const lost = { ...answer, events: [{ ...event, position: 100_000n, eventId: 'lost', revision: 77 }] };
  assert.match(problemsOf(history, lost).join(), /which is lost/);
  const other = { ...answer, events: [{ ...event, eventId: 'other' }] };
  assert.match(problemsOf(history, other).join(), /was told, .* is there/);
  const takenBack: Acknowledgement = { ...answer, outcome: 'rejected', code: 'wallet_not_open', events: [] };
  assert.deepEqual(problemsOf(history, answer, takenBack), [], 'it may have been on its way');
  assert.match(
    problemsOf(history, answer, { ...takenBack, askedAgain: true }).join(),
    /told accepted .* then rejected/,
  );
  const passing: Acknowledgement = { ...answer, outcome: 'rejected', code: 'overloaded', events: [] };
  assert.deepEqual(problemsOf(history, answer, passing), []);
});

test('an answer before its event is found where events come first', () => {
  const judge = judgement({ seenFirst: true });
  judge.acknowledged(answerTo('WalletOpened'));
  assert.match(judge.problems().join(), /is not in the history/);
});

test('a bid that was told yes and is a no is found', () => {
  const refused = history.find(({ type }) => type === 'FundsRefused' || type === 'BidRefused');
  assert.ok(refused);
  const bidId = refused.data.bidId ?? refused.data.claimId;
  const placed = history.find(({ type, data }) => type === 'BidPlaced' && data.bidId === bidId);
  assert.ok(placed);
  const { stream, revision, position, eventId, metadata } = placed;
  const answer: Acknowledgement = {
    ...{ commandId: String(metadata.commandId), actor: String(metadata.actor), position },
    ...{ outcome: 'accepted', events: [{ stream, revision, position, eventId }] },
  };
  assert.match(problemsOf(history, answer).join(), /was told accepted, and is rejected/);
});

test('a feed of states owes the last of them, and nothing of a bid that was refused behind it', () => {
  const epoch = 'a history';
  const cursor = (position: bigint) => Buffer.from(`${position}@${epoch}`).toString('base64url');
  const stream = history.find(({ type }) => type === 'LotSettled')?.stream ?? '';
  const own = history.filter((event) => event.stream === stream);
  const settled = own.findLast(({ type }) => type === 'LotSettled');
  assert.ok(settled);
  const bids = own.filter(({ type }) => type === 'BidAccepted').length;
  const { position } = settled;
  const follows = { kind: 'follows', feed: 'auction', of: 'states', streams: [stream] } as const;
  const judged = (events: readonly RawEvent[], told: bigint) => {
    const problems: string[] = [];
    const item = { kind: 'told', feed: 'auction', after: cursor(0n), position: cursor(told), bids } as const;
    judgeFollowed({ events, epoch, damage: [] }, [follows], [item], (problem) => problems.push(problem));
    return problems;
  };
  assert.deepEqual(judged(own, position), []);
  const late = { ...settled, type: 'BidRefused', position: position + 1n };
  assert.deepEqual(judged([...own, late], position), []);
  const news = { ...settled, position: position + 1n };
  assert.match(judged([...own, news], position).join(), /the last state, of \d+, was never told/);
});
