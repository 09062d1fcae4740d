import { z } from 'zod';
import type { Api, Session } from './api.ts';
import { eachOf } from './at-once.ts';
import { book, differences, emptyLedger, type Ledger, underWay } from './ledger.ts';
import { stage } from './progress.ts';

// What an auditor does: adds up every posting of the history, and compares the sums with what people are shown.

const PAGE = 100;
/** Questions in one request: as many as the platform takes. */
const WALLETS_AT_ONCE = 10;
const REQUESTS_AT_ONCE = 8;

const Amount = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt);
const Postings = z.array(z.object({ account: z.string(), amount: Amount }));
const HistoryPage = z.object({
  allEvents: z.object({
    events: z.array(
      z.object({
        stream: z.string(),
        revision: z.int(),
        data: z.looseObject({ postings: Postings.optional() }),
      }),
    ),
    next: z.string().nullable(),
  }),
});
const Currencies = z.object({ currencies: z.array(z.object({ code: z.string(), exponent: z.int() })) });
const HISTORY = `query ($after: Token) {
  allEvents(after: $after, first: ${PAGE}) { events { stream revision data } next }
}`;

export interface Audit {
  readonly events: number;
  /** What does not add up, one sentence each; none: money is conserved. */
  readonly problems: readonly string[];
}

/** Who was shown secrets, and when: how often that is recorded depends on when somebody looks, not on what was done. */
const READERS = 'inspector-';

async function readHistory(
  api: Api,
  auditor: Session,
): Promise<{ readonly ledger: Ledger; readonly events: number }> {
  const { currencies } = await api.ask(Currencies, '{ currencies { code exponent } }', {});
  const ledger = emptyLedger(new Map(currencies.map(({ code, exponent }) => [code, exponent])));
  let events = 0;
  for (let after: string | null | undefined; after !== null; ) {
    const { allEvents } = await api.ask(HistoryPage, HISTORY, { after }, auditor);
    for (const { stream, revision, data } of allEvents.events) {
      if (!stream.startsWith(READERS)) events += 1;
      if (data.postings !== undefined) book(ledger, `${stream}@${revision}`, data.postings);
    }
    after = allEvents.next;
  }
  return { ledger, events };
}

const Head = z.object({ now: z.string() });
const Accounts = z.object({
  platformAccounts: z.object({
    edges: z.array(
      z.object({
        node: z.object({ owner: z.string(), account: z.string(), currency: z.string(), balance: Amount }),
      }),
    ),
  }),
});
const ACCOUNTS = `query ($atLeast: Token) {
  platformAccounts(first: ${PAGE}, atLeast: $atLeast) { edges { node { owner account currency balance } } }
}`;
const Wallets = z.record(
  z.string(),
  z.object({ person: z.string(), currency: z.string(), available: Amount, held: Amount }).nullable(),
);

/** What the wallets of ten owners say, each a field of one question. */
async function shownWallets(
  api: Api,
  auditor: Session,
  owners: readonly (readonly [person: string, currency: string])[],
  atLeast: string,
): Promise<readonly (readonly [account: string, balance: bigint])[]> {
  const fields = owners.map(
    ([person, currency], index) =>
      `w${index}: wallet(person: "${person}", currency: "${currency}", atLeast: $atLeast) { person currency available held }`,
  );
  const query = `query ($atLeast: Token) { ${fields.join(' ')} }`;
  const wallets = Object.values(await api.ask(Wallets, query, { atLeast }, auditor));
  return wallets.flatMap((wallet) =>
    wallet === null
      ? []
      : [
          [`wallet:${wallet.person}:${wallet.currency}:available`, wallet.available] as const,
          [`wallet:${wallet.person}:${wallet.currency}:held`, wallet.held] as const,
        ],
  );
}

/** Every balance as the platform shows it, by account. */
async function shownBalances(
  api: Api,
  auditor: Session,
  { balances }: Ledger,
): Promise<ReadonlyMap<string, bigint>> {
  const { now } = await api.ask(Head, '{ now }', {});
  const { platformAccounts } = await api.ask(Accounts, ACCOUNTS, { atLeast: now }, auditor);
  const shown = new Map(
    platformAccounts.edges.map(({ node: { owner, account, currency, balance } }) => [
      `${owner}:${account}:${currency}`,
      balance,
    ]),
  );
  const owners = [...balances.keys()]
    .map((account) => account.split(':'))
    .flatMap(([kind, person = '', currency = '', side]) =>
      kind === 'wallet' && side === 'available' ? [[person, currency] as const] : [],
    );
  const batches = Array.from({ length: Math.ceil(owners.length / WALLETS_AT_ONCE) }, (_, index) =>
    owners.slice(index * WALLETS_AT_ONCE, (index + 1) * WALLETS_AT_ONCE),
  );
  const comparing = stage('wallets compared', batches.length);
  await eachOf(batches, REQUESTS_AT_ONCE, async (batch) => {
    for (const [account, balance] of await shownWallets(api, auditor, batch, now))
      shown.set(account, balance);
    comparing.tick();
  });
  comparing.end();
  return shown;
}

/**
 * Audits the whole history: every posting is balanced in itself, no account but a provider's is ever below zero, nothing
 * stays under way, and every wallet and account shows what its postings come to.
 */
export async function audit(api: Api, auditor: Session): Promise<Audit> {
  const { ledger, events } = await readHistory(api, auditor);
  const shown = await shownBalances(api, auditor, ledger);
  const problems = [...ledger.problems, ...underWay(ledger), ...differences(ledger, shown)];
  return { events, problems };
}
