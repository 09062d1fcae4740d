import { act } from '#engines/event-store/sqlite/drive.ts';
import { type Answer, type QueuedAppend, Writer, writerLimits } from '#engines/event-store/sqlite/writer.ts';
import type { Faults } from './faults.ts';
import type { HistoryDisk } from './history-disk.ts';
import type { Life, Scheduler } from './scheduler.ts';

/** Groups are kept small, so that what waits has to wait for more than one. */
const LIMITS = { ...writerLimits, groupEvents: 12, cachedHeads: 8 };

interface Asked {
  readonly reply: (answer: Answer) => void;
  readonly lost: () => void;
}

/**
 * Whoever writes the history: the product's own writer over a simulated disk, one action after the other, so that anything
 * may happen between two of them. It lives in its process, or is a server of its own.
 */
export class HistoryServer {
  readonly life: Life;
  readonly #scheduler: Scheduler;
  readonly #disk: HistoryDisk;
  readonly #faults: Faults;
  readonly #writer: Writer;
  readonly #asked: Asked[] = [];
  readonly #onAnswers: () => void;
  readonly #onBroken: () => void;
  #working = false;
  #flushing = false;

  constructor(options: {
    readonly life: Life;
    readonly scheduler: Scheduler;
    readonly disk: HistoryDisk;
    readonly faults: Faults;
    /** Answers have gone out, and with them perhaps something new has become durable. */
    readonly onAnswers: () => void;
    /** The writer has stopped for good. */
    readonly onBroken: () => void;
  }) {
    this.life = options.life;
    this.#scheduler = options.scheduler;
    this.#disk = options.disk;
    this.#faults = options.faults;
    this.#onAnswers = options.onAnswers;
    this.#onBroken = options.onBroken;
    this.#writer = new Writer(options.disk.standing(), LIMITS);
  }

  submit(append: QueuedAppend, asked: Asked): 'queued' | 'overloaded' {
    const outcome = this.#writer.submit(append);
    if (outcome === 'overloaded') return outcome;
    this.#asked.push(asked);
    this.#work();
    return outcome;
  }

  /** Dies at once: what was under way at the disk becomes durable or not, and whoever waits never hears of it. */
  die(): void {
    if (!this.life.alive) return;
    this.life.end();
    if (this.#flushing) {
      this.#faults.meet('death in a commit');
      if (this.#scheduler.chance(0.5)) this.#disk.commit();
    }
    this.#disk.rollback();
    for (const { lost } of this.#asked) lost();
  }

  #work(): void {
    if (this.#working) return;
    this.#working = true;
    this.#scheduler.soon(this.life, 'the writer begins', () => this.#go());
  }

  #go(): void {
    do {
      const action = this.#writer.next();
      if (action.do === 'wait') {
        this.#working = false;
        return;
      }
      if (action.do === 'commit') {
        this.#flushing = true;
        this.#scheduler.later(this.life, 'the disk has flushed', () => this.#flushed());
        return;
      }
      act(this.#writer, this.#disk, action, (answers) => this.#answer(answers));
    } while (this.#scheduler.chance(0.7));
    this.#scheduler.soon(this.life, 'the writer goes on', () => this.#go());
  }

  #flushed(): void {
    this.#flushing = false;
    const durable = this.#faults.strikes('commit fails, durable');
    if (durable || this.#faults.strikes('commit fails, lost')) {
      if (durable) this.#disk.commit();
      this.#disk.rollback();
      this.#writer.broke();
      this.#onBroken();
    } else act(this.#writer, this.#disk, { do: 'commit' }, () => undefined);
    this.#go();
  }

  #answer(answers: readonly Answer[]): void {
    for (const answer of answers) this.#asked.shift()?.reply(answer);
    this.#onAnswers();
  }
}
