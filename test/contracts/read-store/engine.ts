import type { ReadStore } from '#domain/kernel/ports/read-store.ts';

/** An engine that the contracts of the four ports are run against: each test has an empty one of its own. */
export interface ReadStoreEngine {
  readonly engine: string;
  readonly open: () => Promise<ReadStore>;
}
