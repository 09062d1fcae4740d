import { type ConsumerStore, consumerStoreLimits } from '#domain/kernel/ports/consumer-store.ts';
import { ConsumerRows } from './consumer-rows.ts';
import type { Database } from './database.ts';
import type { Reading } from './reading.ts';
import type { Writing } from './writing.ts';

/** Consumers, and the commits by which documents are written: one transaction each, of the thread that writes. */
export function sqliteConsumers(database: Database, writing: Writing, reading: Reading): ConsumerStore {
  const rows = new ConsumerRows(database);
  return {
    lease: (...asked) => writing.operate('lease', ...asked),
    release: (lease) => writing.operate('release', lease),
    async commit(commit) {
      if (commit.writes.length > consumerStoreLimits.writesPerCommit)
        throw new RangeError('too many writes in one commit');
      return writing.commit(commit);
    },
    checkpoint: async (consumer) => reading.now(() => rows.checkpoint(consumer)),
    all: async () => reading.now(() => rows.all()),
    forget: (consumer) => writing.operate('forget', consumer),
    parked: async (consumer) => reading.now(() => rows.parked(consumer)),
    isParked: async (consumer, key) => reading.now(() => rows.isParked(consumer, key)),
    requestRetry: (consumer, key) => writing.operate('requestRetry', consumer, key),
  };
}
