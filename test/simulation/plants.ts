import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

// Bugs of kinds that platforms like this one have had, to show that the simulation would find them. The product knows
// nothing of them: a plant is put into the product's text while it is loaded, in the process that asks for it.

interface Edit {
  /** From the root of the project. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface Plant {
  readonly name: string;
  /** What goes wrong. */
  readonly story: string;
  readonly edits: readonly Edit[];
}

export const plants: readonly Plant[] = [
  {
    name: 'lost-wake-up',
    story: 'A queue has no work left and takes its time to say so: what comes meanwhile is never looked at.',
    edits: [
      {
        file: 'write-side/pipeline/stream-queue.ts',
        find: 'queues.delete(queue);',
        replace:
          "if (queue.stream.startsWith('participant-')) await deciding.pause(3); queues.delete(queue);",
      },
    ],
  },
  {
    name: 'double-release',
    story: 'A command is forgotten that was decided before, and a claim that has ended is ended again.',
    edits: [
      {
        file: 'write-side/pipeline/decide-batch.ts',
        find: 'const known = here.get(key) ?? head.commands.get(key);',
        replace:
          "const known = command.type === 'EndClaim' ? undefined : (here.get(key) ?? head.commands.get(key));",
      },
      {
        file: 'write-side/pipeline/decide-batch.ts',
        find: '{ key, payload, envelope }: C,',
        replace: '{ key, payload, envelope, command }: C,',
      },
      {
        file: 'domain/wallets/wallet/decider.ts',
        find: "if (hold.over || (state !== undefined && state !== 'open')) return [];",
        replace: 'if (hold.over) return [];',
      },
    ],
  },
  {
    name: 'checkpoint-before-write',
    story: 'A consumer moves its checkpoint first, and writes its documents behind it.',
    edits: [
      {
        file: 'engines/consumer/lease-session.ts',
        find: 'const outcome = await consumers.commit({ lease, writes: handled.writes, checkpoint, parked });',
        replace:
          'await consumers.commit({ lease, writes: [], checkpoint, parked }); const outcome = await consumers.commit({ lease, writes: handled.writes, checkpoint, parked });',
      },
    ],
  },
  {
    name: 'timer-fired-twice',
    story: 'The timer that closes a lot is still waited for when it has come.',
    edits: [
      {
        file: 'sagas/runtime/outstanding.ts',
        find: "...(step.input.kind === 'timer' ? [step.input.name] : [])",
        replace: "...(step.input.kind === 'timer' && step.input.name !== 'closing' ? [step.input.name] : [])",
      },
    ],
  },
  {
    name: 'stale-snapshot',
    story: 'A snapshot says that it holds an event more than it does, and nobody looks.',
    edits: [
      {
        file: 'write-side/pipeline/snapshots.ts',
        find: 'revision: head.revision,\n    eventId,\n    state: toPlain',
        replace: 'revision: head.revision + 1,\n    eventId,\n    state: toPlain',
      },
      {
        file: 'write-side/pipeline/heads.ts',
        find: 'return event?.eventId === snapshot.eventId ? withKeys(snapshot) : emptyHead(stream, decider);',
        replace: 'return event === undefined ? emptyHead(stream, decider) : withKeys(snapshot);',
      },
    ],
  },
  {
    name: 'gap-at-hand-over',
    story:
      'The ring of recent events does not know that it has dropped some: who is behind them goes on without.',
    edits: [{ file: 'engines/event-feed/ring.ts', find: 'after = oldest.position;', replace: '' }],
  },
  {
    name: 'acknowledged-before-commit',
    story: 'The writer answers when it has written, not when that is durable.',
    edits: [
      {
        file: 'engines/event-store/sqlite/writer.ts',
        find: "this.#take({ status: 'appended', revision, first, last });",
        replace:
          "this.#answers.push({ status: 'appended', revision, first, last }); this.#take({ status: 'appended', revision, first, last });",
      },
      {
        file: 'engines/event-store/sqlite/writer.ts',
        find: 'this.#answers.push(answer);',
        replace: "if (answer.status !== 'appended' || answer.repeated) this.#answers.push(answer);",
      },
    ],
  },
  {
    name: 'webhook-not-idempotent',
    story: 'A notice that comes twice is a new one each time, and credits each time.',
    edits: [
      {
        file: 'write-side/wallets/payment-webhooks.ts',
        find: 'commandId: notice.noticeId,',
        replace: 'commandId: notice.noticeId + clock.now().slice(11, 23),',
      },
      {
        file: 'domain/wallets/payment/decider.ts',
        find: 'if (valueIn(notices, notice.noticeId) === true) return [];',
        replace: '',
      },
      {
        file: 'domain/wallets/payment/notices.ts',
        find: 'if (total === known.moved) return [noted(notice)];\n  if (total < known.moved) return differs(known);\n  const amount = total - known.moved;',
        replace: 'const amount = total;',
      },
    ],
  },
  {
    name: 'hammer-does-not-wait',
    story: 'The hammer falls with the end of the lot, whoever is still on the way.',
    edits: [
      {
        file: 'sagas/auctions/bid-funding.ts',
        find: '  passed: (when) => [when(LotClosing, ({ data: { auctionId } }) => [{ command: DropHammer({ auctionId }) }])],',
        replace: '',
      },
      {
        file: 'sagas/auctions/bid-funding.ts',
        find: "when(LotPassed, (event) => unsold(event, 'unsold')),",
        replace:
          "when(LotPassed, (event) => unsold(event, 'unsold')), when(LotClosing, ({ data: { auctionId } }) => [{ command: DropHammer({ auctionId }) }]),",
      },
    ],
  },
  {
    name: 'outcome-by-funding-order',
    story: 'An auction decides bids as they are funded, and not in the order in which they were placed.',
    edits: [{ file: 'sagas/auctions/bid-funding.ts', find: ', inTurn: true }];', replace: ' }];' }],
  },
  {
    name: 'deadline-by-timer-only',
    story: 'A lot ends when its timer comes: nobody compares the moment of a bid with the end.',
    edits: [
      {
        file: 'domain/auctions/participant/decider.ts',
        find: 'if (isOver(precondition.endsAt, now)) return [rejected(bid, AuctionClosed({}))];',
        replace: '',
      },
      {
        file: 'domain/auctions/auction/bidding.ts',
        find: 'moment !== undefined && isOver(terms.endsAt, moment);',
        replace: 'false;',
      },
    ],
  },
  {
    name: 'sale-cancelled-in-name-only',
    story: 'A sale is cancelled, and its auctions go on: nobody calls them off, and no hammer asks.',
    edits: [
      {
        file: 'sagas/auctions/bid-funding.ts',
        find: 'trail.length > 1 ? [] : [{ command: CallOffAuction({ auctionId, lotId, saleId, cause }) }],',
        replace:
          'trail.length > 0 ? [] : [{ command: CallOffAuction({ auctionId, lotId, saleId, cause }) }],',
      },
      {
        file: 'domain/workflows/drop-hammer.ts',
        find: "(sale.phase === 'none' ? undefined : sale.cause)",
        replace: '(sale.phase === undefined ? sale.cause : undefined)',
      },
    ],
  },
  {
    name: 'timer-is-believed',
    story:
      'What a timer brings is decided whenever it comes, also by a clock on which its time has not come.',
    edits: [
      {
        file: 'domain/kernel/deadline.ts',
        find: 'isOver(due, now) ? decide() : NotYet({ due, now });',
        replace: 'decide();',
      },
    ],
  },
  {
    name: 'fact-from-outside-dropped',
    story: 'A bank takes back what it has paid in, and nobody writes it down, because the payment was over.',
    edits: [
      {
        file: 'domain/wallets/payment/decider.ts',
        find: 'const { terms, direction } = known;\n  const ofTopUp',
        replace:
          "const { terms, direction } = known;\n  if (notice.outcome === 'top_up_charged_back') return [];\n  const ofTopUp",
      },
    ],
  },
  {
    name: 'debtor-money-leaves',
    story: 'A wallet whose person owes does not look at the debt before it lets money go.',
    edits: [
      {
        file: 'domain/wallets/wallet/debts.ts',
        find: 'const amount = smaller(wallet.owed, wallet.available);',
        replace: 'const amount = 0n;',
      },
      {
        file: 'domain/wallets/wallet/debts.ts',
        find: 'if (owed > 0n) return DebtOutstanding({ owed, currency });',
        replace: 'if (owed > 1_000_000_000n) return DebtOutstanding({ owed, currency });',
      },
    ],
  },
  {
    name: 'own-affair-not-asked',
    story: 'Whoever has a token of staff decides about their own money and their own lot.',
    edits: [
      {
        file: 'domain/kernel/own-affair.ts',
        find: '(id === interested ? OwnAffair({}) : undefined)',
        replace: "(id === interested && id === '' ? OwnAffair({}) : undefined)",
      },
    ],
  },
  {
    name: 'money-without-owner',
    story: 'What no wallet can take is kept by the house, as nobody’s.',
    edits: [
      {
        file: 'sagas/wallets/unclaimed.ts',
        find: 'import { AssignUnallocated, UnallocatedAssigned }',
        replace: 'import { AssignUnallocated, CreditPlatform, UnallocatedAssigned }',
      },
      {
        file: 'sagas/wallets/unclaimed.ts',
        find: 'return [{ command: KeepUnclaimed({ ...money, reason, ...part }) }];',
        replace:
          "return [{ command: CreditPlatform({ account: 'unallocated', currency, amount, movement, reason: 'sale_proceeds' }) }];",
      },
    ],
  },
];

const root = new URL('../../', import.meta.url);

const occurrences = (text: string, find: string): number => text.split(find).length - 1;

/** Where a plant does not fit the product any more: each of its texts has to stand there exactly once. */
export const misfitsOf = ({ name, edits }: Plant): readonly string[] =>
  edits.flatMap(({ file, find }) => {
    const times = occurrences(readFileSync(new URL(file, root), 'utf8'), find);
    return times === 1 ? [] : [`the plant ${name} finds its text ${times} times in ${file}: ${find}`];
  });

/** Puts the plant into whatever this process loads from now on. @throws when it does not fit the product any more */
export function sow(name: string): void {
  const plant = plants.find((one) => one.name === name);
  if (plant === undefined)
    throw new Error(`no plant is called ${name}; there are ${plants.map((one) => one.name).join(', ')}`);
  const misfits = misfitsOf(plant);
  if (misfits.length > 0) throw new Error(misfits.join('\n'));
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const edits = plant.edits.filter(({ file }) => new URL(file, root).href === url);
      if (edits.length === 0) return loaded;
      const source = edits.reduce(
        (text, { find, replace }) => text.replace(find, () => replace),
        String(loaded.source),
      );
      return { ...loaded, source };
    },
  });
}
