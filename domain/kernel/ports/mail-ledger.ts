import type { Position } from '../envelope.ts';
import type { PersonId } from '../ids.ts';
import type { Standing } from './standing.ts';

/** A mail that is to be sent: who, what, and about which event; what it says is read there when it is. */
export interface TakenMail {
  /** One for each recipient, template and event. */
  readonly id: string;
  readonly messageId: string;
  readonly person: PersonId;
  readonly template: string;
  readonly eventId: string;
  readonly position: Position;
  /** Nobody can write it: it is laid aside at once, with why. */
  readonly refused?: string;
}

/** One that waits. */
export interface OpenMail extends Omit<TakenMail, 'refused'> {
  readonly number: number;
  /** So often it was to be sent; of these, nobody knows of so many what became of them. */
  readonly tries: number;
  readonly unknowns: number;
  readonly takenMs: number;
}

export const mailEnds = ['done', 'refused', 'erased', 'late'] as const;
/** Sent; refused for good; never to be sent, as somebody has been erased; given up, because it was tried for too long. */
export type MailEnd = (typeof mailEnds)[number];

export interface MailSummary {
  readonly waiting: number;
  /** Of the last weeks. */
  readonly ended: Readonly<Record<MailEnd, number>>;
  /** The last that was refused for good or given up. */
  readonly lastLaidAside?: { readonly template: string; readonly words: string };
}

/** Limits of every engine behind the port. */
export const mailLedgerLimits = {
  /** Beyond these the history keeps them until there is room. */
  waiting: 100_000,
  /** What has ended is remembered for so long, in milliseconds. */
  rememberedMs: 30 * 24 * 3_600_000,
} as const;

/**
 * What became of each mail. It is no read model: it cannot be made again, because no history says what was sent. It belongs to whoever has
 * opened it last. Everything may throw a StoreError `unavailable`, as it does for whoever had it before.
 */
export interface MailLedger {
  /** Up to where events have been taken; of a new ledger that is `first`, so that nothing is sent about what is behind it. */
  begin(first: Position): Promise<Position>;
  /**
   * Durable, with how far events have been taken, before it resolves. What stands at or before that was taken already and is passed over.
   * @throws StoreError `overloaded`: too many wait
   */
  take(mails: readonly TakenMail[], through: Position, nowMs: number): Promise<void>;
  /** Of each person the first that is open, if it is due; in the order in which they are due. */
  due(nowMs: number, most: number): Promise<readonly OpenMail[]>;
  /** When the next is. */
  nextDueMs(): Promise<number | undefined>;
  /** Durable before it is sent: from here until one of the next two it may have been, whatever dies. */
  intend(number: number): Promise<void>;
  wait(number: number, dueMs: number, words: string, isUnknown: boolean): Promise<void>;
  end(number: number, end: MailEnd, words: string, nowMs: number): Promise<void>;
  summary(): Promise<MailSummary>;
  standing(): Standing;
  close(): Promise<void>;
}
