import type { EncodedEvent } from '../event.ts';
import type { Answer, QueuedAppend, WriterLimits } from './writer.ts';

/**
 * Between the threads go flat arrays of text and numbers, many appends or answers in one: cloning an object for each event
 * would cost more than inserting it.
 */
export type Flat = (string | number)[];

export type ToWorker =
  | { readonly kind: 'appends'; readonly appends: Flat }
  /** Finish what was submitted, then close. */
  | { readonly kind: 'close' };

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answers'; readonly answers: readonly number[] }
  /** The writer stopped for good; its answers follow. */
  | { readonly kind: 'broke'; readonly message: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'closed' };

/** What the worker is started with. */
export interface WorkerStart {
  /** Shared with the worker, which sleeps on it: see {@link ring}. */
  readonly bell: Int32Array<SharedArrayBuffer>;
  readonly folder: string;
  readonly newEpoch: string;
  readonly limits: WriterLimits;
}

/** Of the bell: how often it was rung, and whether the worker sleeps. */
const [RUNG, ASLEEP] = [0, 1];
export const BELL_BYTES = 2 * Int32Array.BYTES_PER_ELEMENT;

/**
 * Wakes the worker after a message; half the time that its event loop would take to notice. One that is awake hears of it
 * without a call into the kernel.
 */
export function ring(bell: WorkerStart['bell']): void {
  Atomics.add(bell, RUNG, 1);
  if (Atomics.load(bell, ASLEEP) === 1) Atomics.notify(bell, RUNG);
}

/** How often the bell was rung: to be asked before the messages are read, and handed to {@link sleep}. */
export const rung = (bell: WorkerStart['bell']): number => Atomics.load(bell, RUNG);

/** Sleeps until the bell rings; not at all if it has been rung since `heard`. */
export function sleep(bell: WorkerStart['bell'], heard: number): void {
  // Said before the last look at the bell, so that whoever rings later sees it.
  Atomics.store(bell, ASLEEP, 1);
  Atomics.wait(bell, RUNG, heard);
  Atomics.store(bell, ASLEEP, 0);
}

export function putAppend(flat: Flat, append: QueuedAppend): void {
  flat.push(append.stream, append.expected, append.recordedAt, append.bytes, append.events.length);
  for (const { eventId, type, data, metadata } of append.events) flat.push(eventId, type, data, metadata);
}

const text = (value: string | number | undefined): string => value as string;
const number = (value: string | number | undefined): number => value as number;

export function takeAppends(flat: Flat, take: (append: QueuedAppend) => void): void {
  let at = 0;
  while (at < flat.length) {
    const [stream, expected, recordedAt, bytes, count] = flat.slice(at, at + 5);
    at += 5;
    const events: EncodedEvent[] = [];
    for (let event = 0; event < number(count); event++) {
      events.push({
        eventId: text(flat[at]),
        type: text(flat[at + 1]),
        data: text(flat[at + 2]),
        metadata: text(flat[at + 3]),
      });
      at += 4;
    }
    take({
      stream: text(stream),
      expected: number(expected),
      recordedAt: text(recordedAt),
      bytes: number(bytes),
      events,
    });
  }
}

const STATUSES = ['appended', 'conflict', 'refused', 'unknown', 'unavailable', 'repeated'] as const;
const NUMBERS_PER_ANSWER = 4;

export function flatAnswers(answers: readonly Answer[]): number[] {
  const flat: number[] = [];
  for (const answer of answers) {
    const repeated = answer.status === 'appended' && answer.repeated === true;
    const status = STATUSES.indexOf(repeated ? 'repeated' : answer.status);
    if (answer.status === 'appended') flat.push(status, answer.revision, answer.first, answer.last);
    else flat.push(status, answer.status === 'conflict' ? answer.actual : 0, 0, 0);
  }
  return flat;
}

export function takeAnswers(flat: readonly number[], take: (answer: Answer) => void): void {
  for (let at = 0; at < flat.length; at += NUMBERS_PER_ANSWER) {
    const [status = 0, revision = 0, first = 0, last = 0] = flat.slice(at, at + NUMBERS_PER_ANSWER);
    const named = STATUSES[status];
    if (named === 'appended') take({ status: named, revision, first, last });
    else if (named === 'repeated') take({ status: 'appended', revision, first, last, repeated: true });
    else if (named === 'conflict') take({ status: named, actual: revision });
    else take({ status: named ?? 'unknown' });
  }
}
