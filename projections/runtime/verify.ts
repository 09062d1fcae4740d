import { createHash, type Hash } from 'node:crypto';
import { canonical } from '#domain/kernel/canonical.ts';
import { BEGINNING, type Position, type RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Lease } from '#domain/kernel/ports/consumer-store.ts';
import type { DocumentStore, StoredDocument } from '#domain/kernel/ports/document-store.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import type { View } from '../view.ts';
import { type Build, buildsOf, collectionOf, consumerOf, specOf } from './builds.ts';
import { viewHandler } from './handler.ts';
import { liveCheckpoint, type Progress } from './rebuild.ts';

export interface VerifyOptions {
  readonly view: View;
  readonly readStore: ReadStore;
  /** Empty, and thrown away by the caller afterwards. */
  readonly temporary: Pick<ReadStore, 'documents' | 'consumers'>;
  readonly store: Pick<EventStore, 'readAll'>;
  readonly registry: Registry;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Verified {
  readonly view: string;
  readonly equal: boolean;
  /** Up to where both held the history when the last documents were compared; each was at a moment before that, or then. */
  readonly through: Position;
  readonly documents: number;
  /** SHA-256 over id and canonical JSON of each document in order of id, base64url. */
  readonly live: string;
  readonly rebuilt: string;
  /** Ids whose documents differ, the first ten. */
  readonly differing: readonly string[];
  /** Keys that wait in the live build: their documents may differ until they are repaired. */
  readonly parkedKeys: number;
}

/** There is nothing to compare: the view was never filled, or by another version of its folds. */
export class VerificationError extends Error {
  constructor(view: string, problem: string) {
    super(`${view} cannot be verified: ${problem}`);
    this.name = 'VerificationError';
  }
}

const PAGE_EVENTS = 500;
const PAGE_DOCUMENTS = 500;
const MOST_DIFFERING = 10;

/**
 * Folds the history anew and compares the outcome with the live build, which may move on meanwhile: most is folded beforehand, and then
 * page after page is read of the live build, each at a moment of its own, up to which the rest is folded. A moment is as short as a page:
 * engines keep none for as long as a large view takes.
 *
 * @throws VerificationError
 */
export async function verifyView(options: VerifyOptions): Promise<Verified> {
  const { view, readStore, temporary } = options;
  const replica = await Replica.begin(options);
  await replica.fillTo(await liveCheckpoint(readStore, view.name));
  const comparison = new Comparison();
  let first: Build | undefined;
  for (let after: string | undefined; ; ) {
    const { live, consumer, through, page } = await pageBehind(options, after);
    first ??= live;
    if (live.number !== first.number)
      throw new VerificationError(view.name, 'another build has become live meanwhile; verify it again');
    await replica.fillTo(through);
    const last = page.length < PAGE_DOCUMENTS ? undefined : page.at(-1)?.id;
    const rebuilt = await upTo(last, after, temporary.documents, collectionOf(view.name, REPLICA));
    comparison.add(page, rebuilt);
    after = last;
    if (after !== undefined) continue;
    const parkedKeys = (await readStore.consumers.parked(consumer)).length;
    return { view: view.name, through, parkedKeys, ...comparison.outcome() };
  }
}

/** Some documents of the live build in order of their ids, and up to where it held the history when they were read. */
function pageBehind({ view, readStore }: VerifyOptions, after: string | undefined) {
  return readStore.atOneMoment(async (at) => {
    const { live } = await buildsOf(at.settings, view.name);
    if (live === undefined) throw new VerificationError(view.name, 'it has no live build');
    if (live.version !== view.version)
      throw new VerificationError(view.name, `version ${live.version} is live, not ${view.version}`);
    const consumer = consumerOf(view.name, live);
    const through = (await at.consumers.checkpoint(consumer)) ?? BEGINNING;
    const page = await at.documents.scan(collectionOf(view.name, live), after, PAGE_DOCUMENTS);
    return { live, consumer, through, page };
  });
}

const REPLICA: Build = { version: 1, number: 1 };

/** A build of the view in a store of its own, filled as far as it is told. */
class Replica {
  readonly #options: VerifyOptions;
  #lease: Lease;
  readonly #handler: ReturnType<typeof viewHandler>;
  readonly #failed = new Set<string>();
  #through = BEGINNING;
  #events = 0;

  private constructor(options: VerifyOptions, lease: Lease) {
    this.#options = options;
    this.#lease = lease;
    this.#handler = viewHandler(options.view, REPLICA, options.temporary.documents);
  }

  static async begin(options: VerifyOptions): Promise<Replica> {
    const { view, temporary } = options;
    await temporary.documents.declare(specOf(view, REPLICA));
    const lease = await temporary.consumers.lease(consumerOf(view.name, REPLICA), 'verify', 0, 1);
    if (lease === undefined) throw new VerificationError(view.name, 'the temporary store is in use');
    return new Replica(options, lease);
  }

  async fillTo(target: Position): Promise<void> {
    const { store, registry, onProgress } = this.#options;
    const { filter } = this.#handler;
    while (this.#through < target) {
      const page = await store.readAll({ after: this.#through, limit: PAGE_EVENTS, filter });
      const wanted = page.events.filter((event) => event.position <= target);
      await this.#apply(wanted.map((event) => registry.decode(event)));
      this.#events += wanted.length;
      const moved = page.end || page.through > target ? target : page.through;
      if (moved === this.#through) break;
      this.#through = moved;
      onProgress?.({ events: this.#events, done: moved, head: target });
    }
  }

  /** As the consumer loop does: a key that fails is left where it was, the others go on. */
  async #apply(events: readonly RecordedEvent[]): Promise<void> {
    const ready = events.filter((event) => !this.#failed.has(this.#handler.key(event)));
    const { writes, failures } = await this.#handler.handle(ready, new AbortController().signal);
    for (const { key } of failures) this.#failed.add(key);
    const [lease, checkpoint] = [this.#lease, this.#through];
    await this.#options.temporary.consumers.commit({ lease, writes, checkpoint, parked: [] });
    this.#lease = { ...lease, checkpoint };
  }
}

const inOrder = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));

/** All documents behind an id, up to and with another one; undefined: from the first, to the last. */
async function upTo(
  last: string | undefined,
  after: string | undefined,
  store: Pick<DocumentStore, 'scan'>,
  collection: string,
): Promise<readonly StoredDocument[]> {
  const found: StoredDocument[] = [];
  for (let behind = after; ; ) {
    const page = await store.scan(collection, behind, PAGE_DOCUMENTS);
    const wanted = last === undefined ? page : page.filter(({ id }) => inOrder(id, last) <= 0);
    for (const each of wanted) found.push(each);
    behind = page.at(-1)?.id;
    if (behind === undefined || page.length < PAGE_DOCUMENTS || wanted.length < page.length) return found;
  }
}

/** Both sides come in order of id, page by page, so that neither has to be held in memory. */
class Comparison {
  readonly #live = createHash('sha256');
  readonly #rebuilt = createHash('sha256');
  readonly #differing: string[] = [];
  #documents = 0;

  add(live: readonly StoredDocument[], rebuilt: readonly StoredDocument[]): void {
    const left = new Map(live.map((each) => [each.id, textIn(this.#live, each)]));
    const right = new Map(rebuilt.map((each) => [each.id, textIn(this.#rebuilt, each)]));
    this.#documents += live.length;
    const differing = [...left.keys(), ...right.keys().filter((id) => !left.has(id))]
      .filter((id) => left.get(id) !== right.get(id))
      .toSorted(inOrder);
    this.#differing.push(...differing.slice(0, MOST_DIFFERING - this.#differing.length));
  }

  outcome(): Pick<Verified, 'equal' | 'documents' | 'live' | 'rebuilt' | 'differing'> {
    const hashes = { live: this.#live.digest('base64url'), rebuilt: this.#rebuilt.digest('base64url') };
    const equal = hashes.live === hashes.rebuilt;
    return { equal, documents: this.#documents, ...hashes, differing: this.#differing };
  }
}

/** Canonical, and added to a hash. */
function textIn(hash: Hash, { id, body }: StoredDocument): string {
  const text = canonical(body);
  hash.update(`${canonical(id)} ${text}\n`);
  return text;
}
