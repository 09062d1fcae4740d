import { type AcknowledgementsOptions, acknowledgements } from './acknowledgements.ts';
import { auctions } from './auctions.ts';
import { bidNumbers } from './bid-numbers.ts';
import { deadlines } from './deadlines.ts';
import { debts } from './debts.ts';
import { gone } from './gone.ts';
import { money } from './money.ts';
import { notices } from './notices.ts';
import { payments } from './payments.ts';
import { type PlacesOptions, places } from './places.ts';
import { proceeds } from './proceeds.ts';
import type { Acknowledgement, RawEvent, Rules } from './raw.ts';
import { reversals } from './reversals.ts';
import { sagas } from './sagas.ts';
import { sales } from './sales.ts';

// The judge reads what is stored and what clients were told, and believes no code of the platform: it imports none. Its rules
// are written from the promises alone.

export type { Acknowledgement, NamedEvent, RawEvent } from './raw.ts';

export interface Judgement {
  /** Takes the next event of the history; each once, in order of position. Costs the same however long the history is. */
  see(event: RawEvent): void;
  /** Takes what a client was told. */
  acknowledged(answer: Acknowledgement): void;
  /** What is wrong so far, as sentences; empty while all promises were kept. */
  problems(): readonly string[];
  /** To be said when nothing is under way any more: whatever was begun has to have ended. Adds to the problems. */
  atRest(): void;
  /** How many events were seen. */
  readonly events: number;
  /** Of the last event that was seen; 0n before the first. */
  readonly position: bigint;
  /** Every account that ever moved, in minor units, without those of clearing. */
  balances(): Readonly<Record<string, bigint>>;
  /** Holds that hold something: `<person>:<currency>/<holdId>` to minor units. */
  held(): Readonly<Record<string, bigint>>;
}

/** Complaints kept; a history that is broken is broken, however often. */
const MOST_PROBLEMS = 1_000;

/** Judges one history from its beginning. */
export function judgement(options: Partial<PlacesOptions & AcknowledgementsOptions> = {}): Judgement {
  const { clockMayGoBack = false, clocksApartMs = 0, seenFirst = false } = options;
  const problems: string[] = [];
  const complain = (problem: string): void => {
    if (problems.length < MOST_PROBLEMS) problems.push(problem);
  };
  const ledger = money();
  const ofTheBusiness = [
    auctions(),
    bidNumbers(),
    sales(),
    deadlines(),
    payments(),
    reversals(),
    notices(),
    proceeds(),
    gone(),
    debts(ledger.balances),
    sagas(),
  ];
  const rules: readonly Rules[] = [places({ clockMayGoBack, clocksApartMs }), ledger, ...ofTheBusiness];
  const answers = acknowledgements({ seenFirst });
  let events = 0;
  let position = 0n;
  return {
    see(event) {
      const about = (problem: string): void =>
        complain(`${event.type} ${event.stream}/${event.revision}: ${problem}`);
      for (const rule of rules) rule.see(event, about);
      answers.see(event);
      events += 1;
      position = event.position;
    },
    acknowledged(answer) {
      answers.take(answer, (problem) => complain(`${answer.actor} ${answer.commandId}: ${problem}`));
    },
    problems: () => problems,
    atRest() {
      for (const rule of rules) rule.atRest(complain);
      answers.atRest(complain);
    },
    get events() {
      return events;
    },
    get position() {
      return position;
    },
    balances: ledger.balances,
    held: ledger.held,
  };
}
