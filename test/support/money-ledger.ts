import assert from 'node:assert/strict';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Posting } from '#domain/wallets/posting.ts';

/** What stands outside, what people owe, and what the house has lost. */
const mayBeNegative = /^(provider|receivable|platform:losses):/;

/** What takes money, or a promise of it, out of a person's reach. */
const leaving: readonly string[] = ['TransferSent', 'FundsReserved', 'WalletClosed'];

/** The model: an independent ledger that knows nothing but postings and which claims are open. */
export class Ledger {
  readonly accounts = new Map<string, bigint>();
  readonly #claims = new Map<string, Map<string, bigint>>();
  readonly #over = new Set<string>();
  /** By wallet: what its last event said. */
  readonly #owed = new Map<string, bigint>();

  balanceOf(account: string): bigint {
    return this.accounts.get(account) ?? 0n;
  }

  /** While a wallet of a person owes, nothing leaves any of theirs, in whatever currency. */
  #owes({ stream, type, data, metadata }: RecordedEvent): void {
    if (!stream.startsWith('wallet-')) return;
    assert.ok(this.balanceOf(`receivable:${stream.slice(7)}`) <= 0n, 'more was paid than was owed');
    const { owed: stated, person } = data as { owed?: bigint; person: string };
    this.#owed.set(stream, stated ?? this.#owed.get(stream) ?? 0n);
    // What is in a wallet that is closed behind its owner stays theirs, in this house.
    if (!leaving.includes(type) || metadata.command === 'CloseIfGone') return;
    for (const [wallet, owed] of this.#owed)
      if (wallet.startsWith(`wallet-${person}:`))
        assert.equal(owed, 0n, `${type} in ${stream} while ${wallet} owes`);
  }

  book(event: RecordedEvent): void {
    const { stream, type, data } = event;
    const { postings = [] } = data as { postings?: readonly Posting[] };
    assert.equal(
      postings.reduce((sum, { amount }) => sum + amount, 0n),
      0n,
      `${type} is not balanced`,
    );
    for (const { account, amount } of postings) this.accounts.set(account, this.balanceOf(account) + amount);
    for (const [account, balance] of this.accounts)
      assert.ok(mayBeNegative.test(account) || balance >= 0n, `${type} overdraws ${account}`);
    this.#owes(event);
    this.#hold(stream, type, data);
  }

  #hold(stream: string, type: string, data: object): void {
    const { holdId, claimId, amount = 0n } = data as { holdId?: string; claimId?: string; amount?: bigint };
    if (holdId === undefined) return;
    const hold = `${stream}/${holdId}`;
    const claims = this.#claims.get(hold) ?? new Map<string, bigint>();
    this.#claims.set(hold, claims);
    if (type === 'FundsReserved') {
      assert.ok(!this.#over.has(hold), 'a hold that is over came back');
      assert.ok(!claims.has(claimId ?? ''), 'a claim was made twice');
      claims.set(claimId ?? '', amount);
    }
    if (type === 'ClaimEnded') {
      assert.notEqual(claims.get(claimId ?? ''), 0n, 'a claim ended twice');
      claims.set(claimId ?? '', 0n);
    }
    if (type === 'FundsCaptured' || type === 'FundsReleased') {
      assert.ok(!this.#over.has(hold), 'a hold ended twice');
      this.#over.add(hold);
      for (const id of claims.keys()) claims.set(id, 0n);
    }
    const open = [...this.#claims].filter(([id]) => id.startsWith(`${stream}/`));
    const held = open.reduce(
      (sum, [, of]) => sum + [...of.values()].reduce((a, b) => (a > b ? a : b), 0n),
      0n,
    );
    assert.equal(this.balanceOf(`wallet:${stream.slice(7)}:held`), held, `${type}: held`);
  }
}
