import { memoryStores } from '#compose/stores.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { answering, callOf, type ReadStoreCall } from '#test/support/read-store-calls.ts';
import type { Faults } from './faults.ts';
import type { Life, Scheduler } from './scheduler.ts';

/** What changes the store; everything else only reads. */
const CHANGES: ReadonlySet<string> = new Set([
  ...[
    'documents.declare',
    'documents.drop',
    'settings.put',
    'settings.switchOver',
    'snapshots.write',
    'reset',
  ],
  ...['lease', 'release', 'commit', 'forget', 'requestRetry'].map((name) => `consumers.${name}`),
]);

/**
 * The read models on a disk: the product's read store in memory, and beside it the order of all changes, so that a power
 * cut can take the newest away. Everything of one commit goes together.
 */
export class ViewsDisk {
  #store: ReadStore = memoryStores().readStore;
  #changes: ReadStoreCall[] = [];

  /** As it is, without time and trouble in between. */
  get store(): ReadStore {
    return this.#store;
  }

  /** A copy with everything in it. */
  copy(): ViewsDisk {
    const copy = new ViewsDisk();
    copy.#replay(this.#changes);
    return copy;
  }

  /** The newest changes are gone. */
  lose(count: number): void {
    const kept = this.#changes.slice(0, Math.max(0, this.#changes.length - count));
    this.#store = memoryStores().readStore;
    this.#replay(kept);
  }

  loseAll(): void {
    this.#store = memoryStores().readStore;
    this.#changes = [];
  }

  /** The store as a process has it. */
  connect({ scheduler, faults, life }: ViewsOptions): ReadStore {
    return answering(this.#store, async (call) => {
      const { name } = call;
      if (scheduler.chance(0.35)) await scheduler.turn(life, `asks the views to ${name}`);
      if (faults.strikes('views fail', life.name)) throw new Error('the views do not answer');
      const changes = CHANGES.has(name);
      if (changes) this.#changes.push(call);
      const answer = await callOf(this.#store, call);
      if (changes && faults.strikes('answer of the views lost', life.name))
        throw new Error('the views did not answer');
      if (scheduler.chance(0.2)) await scheduler.turn(life, `the views answer ${name}`);
      return answer;
    });
  }

  /** The store in memory does everything at once, so that nobody has to wait for it here. */
  #replay(changes: readonly ReadStoreCall[]): void {
    this.#changes = [...changes];
    for (const change of changes) callOf(this.#store, change).catch(() => undefined);
  }
}

interface ViewsOptions {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly life: Life;
}
