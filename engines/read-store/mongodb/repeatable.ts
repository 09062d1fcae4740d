import { MongoAPIError, MongoError, MongoServerSelectionError } from 'mongodb';

const WRITE_CONFLICT = 112;
export const DUPLICATE_KEY = 11_000;

/**
 * What a member says that is not the primary, ends, or does not hear of the others: the codes for which the specification of retryable
 * writes has a write done again. The driver labels them, but not those of a bulk's write concern, or of a write to many.
 */
const PASSING: ReadonlySet<number> = new Set([
  6, 7, 89, 91, 134, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_435, 13_436,
]);

/** Whether a write may be done again: the outcome is unknown, or another one came in between. What the driver refuses is ours. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof MongoError) || error instanceof MongoAPIError) return false;
  // It has the code of what a member has said last, whatever that was.
  if (error instanceof MongoServerSelectionError) return true;
  const { code } = error;
  return (
    typeof code !== 'number' ||
    code === WRITE_CONFLICT ||
    code === DUPLICATE_KEY ||
    PASSING.has(code) ||
    error.hasErrorLabel('TransientTransactionError') ||
    error.hasErrorLabel('UnknownTransactionCommitResult') ||
    error.hasErrorLabel('RetryableWriteError')
  );
}
