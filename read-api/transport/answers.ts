import type { ExecutionResult } from 'graphql';
import { Invalid, RejectedError } from '#domain/kernel/rejections.ts';
import type { ReadLimits } from '../limits.ts';
import type { Mask } from './errors.ts';

// How large an answer may be.

/** Quotes, a colon or a comma around what is counted. */
const MARKS_BYTES = 3;

/**
 * Whether an answer comes to more bytes of JSON than that, about. It looks no further than it must: the same text under a hundred
 * names costs nothing in memory, and a hundred times its length once it is written down.
 */
export function exceeds(answer: unknown, mostBytes: number): boolean {
  let left = mostBytes;

  function spend(value: unknown): boolean {
    left -= MARKS_BYTES;
    if (typeof value === 'string') left -= Buffer.byteLength(value);
    else if (Array.isArray(value)) return value.every(spend);
    else if (typeof value === 'object' && value !== null)
      for (const [name, inside] of Object.entries(value)) {
        left -= name.length + MARKS_BYTES;
        if (!spend(inside)) return false;
      }
    return left >= 0;
  }
  return !spend(answer);
}

/** An answer as it is, or the no to one that is too large. */
export function bounded(
  result: ExecutionResult,
  { answerBytes }: Pick<ReadLimits, 'answerBytes'>,
  mask: Mask,
): ExecutionResult {
  if (!exceeds(result.data, answerBytes)) return result;
  const problem = `the answer has more than ${answerBytes} bytes: ask for fewer items or fields`;
  return { errors: [mask(new RejectedError(Invalid({ issues: [{ path: '', problem }] })))] };
}
