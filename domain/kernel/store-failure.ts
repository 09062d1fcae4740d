import { StoreError } from './ports/event-store.ts';
import { ReadStoreError } from './ports/read-store.ts';
import { Unavailable } from './rejections.ts';

/** When a store that cannot be read is worth another try, in milliseconds. */
const RETRY_AFTER_MS = 1_000;

/**
 * What whoever asked hears of a store that could not be read or written, be it the history or the read models, and whether its disk
 * fails for a moment or its file is damaged; undefined for what is no such failure.
 */
export const unavailableBy = (error: unknown): ReturnType<typeof Unavailable> | undefined =>
  error instanceof StoreError || error instanceof ReadStoreError
    ? Unavailable({ retryAfterMs: RETRY_AFTER_MS })
    : undefined;
