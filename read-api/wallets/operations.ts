import { z } from 'zod';
import { overseers, type Role } from '#domain/kernel/actor.ts';
import { MovementId, PaymentId, PersonId } from '#domain/kernel/ids.ts';
import { Instant } from '#domain/kernel/instant.ts';
import { Currency } from '#domain/kernel/money.ts';
import type { Filter } from '#domain/kernel/ports/query.ts';
import { Token } from '#domain/kernel/token.ts';
import { HoldId } from '#domain/wallets/ids.ts';
import { WaitingId } from '#domain/wallets/notice/messages.ts';
import { walletStream } from '#domain/wallets/wallet/messages.ts';
import { clearingView, platformAccountsView } from '#projections/wallets/accounts.ts';
import { debtsView } from '#projections/wallets/debts.ts';
import {
  ClearingDocument,
  DebtDocument,
  HoldDocument,
  LedgerDocument,
  NoticeDocument,
  PaymentDocument,
  PlatformAccountDocument,
  RefusedNoticeDocument,
  StatementEntry,
  UnclaimedDocument,
  WalletDocument,
} from '#projections/wallets/documents.ts';
import { ledgerView } from '#projections/wallets/ledger.ts';
import { noticesView, refusedNoticesView } from '#projections/wallets/notices.ts';
import { paymentsView } from '#projections/wallets/payments.ts';
import { statementView } from '#projections/wallets/statement.ts';
import { unclaimedView } from '#projections/wallets/unclaimed.ts';
import { holdsView, walletsView } from '#projections/wallets/wallets.ts';
import { isTheirs, personAsked } from '../authorization/own.ts';
import { connection, pageArguments } from '../connection.ts';
import { documents } from '../documents.ts';
import { cursorPosition } from '../feeds/feed.ts';
import { node, type Operations, query } from '../operation.ts';
import { walletFeed } from './feed.ts';

const wallets = documents(walletsView);
const holds = documents(holdsView);
const statement = documents(statementView);
const payments = documents(paymentsView);
const unclaimedAccounts = documents(unclaimedView);
const debtAccounts = documents(debtsView);
const waitingOnes = documents(noticesView);
const platformAccounts = documents(platformAccountsView);
const movements = documents(clearingView);
const notices = documents(refusedNoticesView);
const ledgers = documents(ledgerView);

const newestFirst = [{ field: 'position', direction: 'descending' }] as const;
const oldestFirst = [{ field: 'position', direction: 'ascending' }] as const;
const person = PersonId.optional().meta({ description: 'Somebody else: for auditors and investigators.' });

/** Bounds a statement by place or by time; both may be given. */
function upTo(position: bigint | undefined, moment: string | undefined): Filter {
  return {
    ...(position !== undefined && { position: { $lte: position } }),
    ...(moment !== undefined && { recordedAt: { $lte: moment } }),
  };
}

/** Everybody's money is their own, and overseers see it. */
const overseen = { and: overseers } as const;

const wallet = query({
  description: 'Your wallet in one currency.',
  who: 'member',
  whose: overseen,
  args: { currency: Currency, person },
  returns: WalletDocument.nullable(),
  resolve: (args, context) => wallets.get(`${personAsked(args.person, context)}:${args.currency}`, context),
});

const hold = query({
  description: 'One hold in one of your wallets.',
  who: 'member',
  whose: overseen,
  args: { currency: Currency, person, holdId: HoldId },
  returns: HoldDocument.nullable(),
  resolve: ({ currency, person, holdId }, context) =>
    holds.get(`${personAsked(person, context)}:${currency}:${holdId}`, context),
});

const statementEntry = query({
  description: 'The entry of one of your wallets that the event of a revision has made.',
  who: 'member',
  whose: overseen,
  args: { currency: Currency, person, revision: z.int().min(0) },
  returns: StatementEntry.nullable(),
  resolve: ({ currency, person, revision }, context) =>
    statement.get(`${walletStream({ person: personAsked(person, context), currency })}@${revision}`, context),
});

const payment = query({
  description: 'One of your payments. While the provider asks for it, `actionUrl` is where you confirm it.',
  who: 'member',
  whose: overseen,
  args: { paymentId: PaymentId },
  returns: PaymentDocument.nullable(),
  async resolve({ paymentId }, context) {
    const found = await payments.get(paymentId, context);
    return found !== null && isTheirs([found.person], context) ? found : null;
  },
});

const unclaimedIn = query({
  description:
    'What the house owes you in one currency, because no wallet of yours could take it; `unclaimedMoney` says how you get it.',
  who: 'member',
  whose: overseen,
  args: { currency: Currency, person },
  returns: UnclaimedDocument.nullable(),
  resolve: (args, context) =>
    unclaimedAccounts.get(`${personAsked(args.person, context)}:${args.currency}`, context),
});

const debt = query({
  description: 'What you owe the house in one currency. While it stands, nothing leaves any of your wallets.',
  who: 'member',
  whose: overseen,
  args: { currency: Currency, person },
  returns: DebtDocument.nullable(),
  resolve: (args, context) =>
    debtAccounts.get(`${personAsked(args.person, context)}:${args.currency}`, context),
});

/** The house pays out what it owes, and so sees what that is; overseers see all money. */
const office: readonly Role[] = ['auctioneer', 'clerk', ...overseers];

const waitingNotice = query({
  description: 'A signed notice of a payment provider that nothing could follow.',
  who: office,
  args: { waitingId: WaitingId },
  returns: NoticeDocument.nullable(),
  resolve: ({ waitingId }, context) => waitingOnes.get(waitingId, context),
});

const platformAccount = query({
  description: 'What one account of the house or of a payment provider holds.',
  who: overseers,
  args: {
    owner: PlatformAccountDocument.shape.owner,
    account: z.string().min(1).max(64),
    currency: Currency,
  },
  returns: PlatformAccountDocument.nullable(),
  resolve: ({ owner, account, currency }, context) =>
    platformAccounts.get(`${owner}:${account}:${currency}`, context),
});

const ledger = query({
  description:
    'All money of one currency by kind of account, each sum over the same history; together they are zero.',
  who: overseers,
  args: { currency: Currency },
  returns: LedgerDocument.nullable(),
  resolve: ({ currency }, context) => ledgers.get(currency, context),
});

const clearing = query({
  description: 'Money on its way: one movement in one currency. Zero when the movement has ended.',
  who: overseers,
  args: { movement: MovementId, currency: Currency },
  returns: ClearingDocument.nullable(),
  resolve: ({ movement, currency }, context) => movements.get(`${movement}:${currency}`, context),
});

export const walletOperations: Operations = {
  queries: {
    wallets: query({
      description: 'Your wallets, one for each currency.',
      who: 'member',
      whose: overseen,
      args: { person, ...pageArguments },
      returns: connection(WalletDocument),
      resolve: (args, context) =>
        wallets.page({ filter: { person: personAsked(args.person, context) } }, args, context),
    }),
    wallet,
    hold,
    holds: query({
      description:
        'The holds in one of your wallets that are open, and for what each is; one that has ended is told by `hold` alone.',
      who: 'member',
      whose: overseen,
      args: { currency: Currency, person, ...pageArguments },
      returns: connection(HoldDocument),
      resolve: (args, context) => {
        const wallet = `${personAsked(args.person, context)}:${args.currency}`;
        return holds.page({ filter: { wallet, status: 'open' } }, args, context);
      },
    }),
    statementEntry,
    statement: query({
      description:
        'The entries of one of your wallets, the newest first, each with the balance after it. With `upTo` or `upToTime` the first entry tells the balance of then.',
      who: 'member',
      whose: overseen,
      args: {
        currency: Currency,
        person,
        upTo: Token.optional().meta({ description: 'Entries at or before this place in the history.' }),
        upToTime: Instant.optional().meta({ description: 'Entries recorded at or before this moment.' }),
        ...pageArguments,
      },
      returns: connection(StatementEntry),
      async resolve(args, context) {
        const wallet = `${personAsked(args.person, context)}:${args.currency}`;
        const bounds = upTo(await cursorPosition(context.services, args.upTo), args.upToTime);
        return statement.page({ filter: { wallet, ...bounds }, sort: newestFirst }, args, context);
      },
    }),
    payment,
    payments: query({
      description: 'Your payments, in and out, the newest first.',
      who: 'member',
      whose: overseen,
      args: { person, ...pageArguments },
      returns: connection(PaymentDocument),
      resolve: (args, context) => {
        const filter = { person: personAsked(args.person, context) };
        return payments.page({ filter, sort: newestFirst }, args, context);
      },
    }),
    payoutsUnderWay: query({
      description:
        'Payouts of everybody that the provider has neither paid nor refused, the oldest first. What each pays stays held until then, because it may have been paid; `initiated` says that the provider has not even answered.',
      who: office,
      args: pageArguments,
      returns: connection(PaymentDocument),
      resolve: (args, context) => {
        const filter = { direction: 'out', status: { $in: ['initiated', 'submitted'] } };
        return payments.page({ filter, sort: oldestFirst }, args, context);
      },
    }),
    refusedNotices: query({
      description:
        'Notices of payment providers that did not fit their payment, and so moved nothing; the newest first.',
      who: office,
      args: { paymentId: PaymentId.optional(), code: z.string().max(64).optional(), ...pageArguments },
      returns: connection(RefusedNoticeDocument),
      resolve: ({ paymentId, code, ...args }, context) => {
        const filter: Filter = {
          ...(paymentId !== undefined && { paymentId }),
          ...(code !== undefined && { code }),
        };
        return notices.page({ filter, sort: newestFirst }, args, context);
      },
    }),
    unclaimedIn,
    unclaimedMoney: query({
      description:
        'What the house owes you, one for each currency. Opening a wallet in it pays all of it out. Into a wallet that is open already it comes when you claim it (`ClaimMoney`), all of it or the amount that there is room for, or when the house pays it out: one that was too full and has room again is not paid by itself.',
      who: 'member',
      whose: overseen,
      args: { person, ...pageArguments },
      returns: connection(UnclaimedDocument),
      resolve: (args, context) =>
        unclaimedAccounts.page({ filter: { person: personAsked(args.person, context) } }, args, context),
    }),
    unclaimedOfAll: query({
      description: 'Everybody to whom the house owes money that no wallet could take.',
      who: office,
      args: pageArguments,
      returns: connection(UnclaimedDocument),
      resolve: (args, context) => unclaimedAccounts.page({ filter: { balance: { $gt: 0n } } }, args, context),
    }),
    debt,
    debtsOfAll: query({
      description:
        'Everybody who owes the house money, one for each currency: what went back outside, and their wallet could not give.',
      who: office,
      args: pageArguments,
      returns: connection(DebtDocument),
      resolve: (args, context) => debtAccounts.page({ filter: { owed: { $gt: 0n } } }, args, context),
    }),
    waitingNotice,
    waitingNotices: query({
      description:
        'The signed notices that wait for somebody to look at them, the newest first; `HandleNotice` takes one off the list.',
      who: office,
      args: { status: NoticeDocument.shape.status.default('waiting'), ...pageArguments },
      returns: connection(NoticeDocument),
      resolve: ({ status, ...args }, context) =>
        waitingOnes.page({ filter: { status }, sort: newestFirst }, args, context),
    }),
    platformAccount,
    platformAccounts: query({
      description: 'What the house and the payment providers hold.',
      who: overseers,
      args: pageArguments,
      returns: connection(PlatformAccountDocument),
      resolve: (args, context) => platformAccounts.page({}, args, context),
    }),
    ledger,
    clearing,
    clearingOpen: query({
      description:
        'Every movement whose money is still on its way; with `overdrawn`, every one that was ever overdrawn.',
      who: overseers,
      args: { overdrawn: z.boolean().default(false), ...pageArguments },
      returns: connection(ClearingDocument),
      resolve: ({ overdrawn, ...args }, context) => {
        const filter: Filter = overdrawn ? { overdrawn: true } : { balance: { $gt: 0n } };
        return movements.page({ filter }, args, context);
      },
    }),
  },
  subscriptions: { walletFeed },
  fields: {},
  nodes: [
    node(WalletDocument, { read: wallet, key: ['person', 'currency'] }),
    node(HoldDocument, { read: hold, key: ['person', 'currency', 'holdId'] }),
    node(StatementEntry, { read: statementEntry, key: ['person', 'currency', 'revision'] }),
    node(PaymentDocument, { read: payment, key: ['paymentId'] }),
    node(UnclaimedDocument, { read: unclaimedIn, key: ['person', 'currency'] }),
    node(DebtDocument, { read: debt, key: ['person', 'currency'] }),
    node(NoticeDocument, { read: waitingNotice, key: ['waitingId'] }),
    node(PlatformAccountDocument, { read: platformAccount, key: ['owner', 'account', 'currency'] }),
    node(LedgerDocument, { read: ledger, key: ['currency'] }),
    node(ClearingDocument, { read: clearing, key: ['movement', 'currency'] }),
  ],
};
