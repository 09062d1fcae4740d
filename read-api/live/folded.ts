import { BEGINNING, type Position, type StoredEvent } from '#domain/kernel/envelope.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Parked, RejectedError, Unavailable } from '#domain/kernel/rejections.ts';
import type { View } from '#projections/view.ts';
import type { HistoryReader } from '../history/reader.ts';

/** Whoever follows a document. */
export interface Watcher {
  wake(): void;
}

/** One document, folded from its own stream in the order of that. */
export interface Folded {
  readonly id: string;
  readonly watchers: Set<Watcher>;
  /** undefined: nothing has happened to it yet. */
  readonly document: object | undefined;
  /** Of the last event that changed it. */
  readonly position: Position;
  /** Whether it is being read: what it is then is not to be told. */
  readonly isReading: boolean;
  /** Why it can be followed no longer. */
  readonly failed: Error | undefined;
  /** What the tail of the history tells of its stream. */
  told(event: StoredEvent): void;
  /** Resolves when it holds its stream up to the end, or has failed. Read once, unless it was set aside in between. */
  current(): Promise<void>;
  /** Nobody follows it, and the tail tells it no more: whoever comes back needs what has come since. */
  setAside(): void;
  fail(error: Error): void;
}

export interface FoldedOptions {
  readonly view: View;
  /** The stream of a document; its fold is given no other. */
  readonly streamOf: (id: string) => string;
  readonly registry: Registry;
  readonly store: HistoryReader;
  readonly logger: Log;
  readonly limits: { readonly streamPageEvents: number };
}

/** Telling, reading and following change the same few fields, in an order that matters: they stand together. */
class FoldedDocument implements Folded {
  readonly id: string;
  readonly watchers = new Set<Watcher>();
  readonly #options: FoldedOptions;
  readonly #types: ReadonlySet<string>;
  readonly #onFailure: () => void;
  #document: object | undefined;
  #position = BEGINNING;
  /** Of the last event folded; -1 before the first. */
  #revision = -1;
  /** The last revision that the tail has told of. */
  #toldOf = -1;
  #reading: Promise<void> | undefined;
  #isCurrent = false;
  #failed: Error | undefined;

  constructor(id: string, options: FoldedOptions, types: ReadonlySet<string>, onFailure: () => void) {
    this.id = id;
    this.#options = options;
    this.#types = types;
    this.#onFailure = onFailure;
  }

  get document(): object | undefined {
    return this.#document;
  }

  get position(): Position {
    return this.#position;
  }

  get isReading(): boolean {
    return this.#reading !== undefined;
  }

  get failed(): Error | undefined {
    return this.#failed;
  }

  told(event: StoredEvent): void {
    if (event.revision <= this.#revision) return;
    this.#toldOf = event.revision;
    if (this.#reading !== undefined) return;
    this.#apply(event);
    if (this.#revision < event.revision) void this.#catchUp();
    else this.#wakeAll();
  }

  async current(): Promise<void> {
    if (this.#isCurrent) await this.#reading;
    else await this.#catchUp();
  }

  setAside(): void {
    this.#isCurrent = false;
  }

  fail(error: Error): void {
    if (this.#failed !== undefined) return;
    this.#failed = error;
    this.#onFailure();
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const watcher of this.watchers) watcher.wake();
  }

  #apply(stored: StoredEvent): void {
    if (stored.revision !== this.#revision + 1) return;
    const { view, registry, logger } = this.#options;
    if (this.#types.has(stored.type)) {
      try {
        this.#document = view.fold(this.#document, registry.decode(stored), this.id);
      } catch (error) {
        logger.error({ err: error, stream: stored.stream, revision: stored.revision }, 'a live fold failed');
        this.fail(new RejectedError(Parked({ view: view.name, key: this.id })));
        return;
      }
      this.#position = stored.position;
    }
    this.#revision = stored.revision;
  }

  /** Reads what the fold lacks of the stream, until it holds all that the tail has told of. */
  async #read(): Promise<void> {
    const { store, streamOf, limits } = this.#options;
    const limit = limits.streamPageEvents;
    for (;;) {
      const page = await store.readStream(streamOf(this.id), { from: this.#revision + 1, limit });
      for (const event of page) this.#apply(event);
      if (this.#failed !== undefined) return;
      if (page.length === limit) continue;
      if (this.#toldOf <= this.#revision) return;
      // What the tail has told of is durable; a store that does not have it is behind itself.
      if (page.length === 0) throw new RejectedError(Unavailable({ retryAfterMs: 1_000 }));
    }
  }

  #catchUp(): Promise<void> {
    this.#reading ??= this.#read()
      .catch((error) => this.fail(error))
      .finally(() => {
        this.#reading = undefined;
        this.#isCurrent = true;
        // What the tail told of after the last look, and before this, was left to the reading.
        if (this.#failed === undefined && this.#toldOf > this.#revision) void this.#catchUp();
        else this.#wakeAll();
      });
    return this.#reading;
  }
}

/** @param types of the events that the view folds @param onFailure called once */
export const folded = (
  id: string,
  options: FoldedOptions,
  types: ReadonlySet<string>,
  onFailure: () => void,
): Folded => new FoldedDocument(id, options, types, onFailure);
