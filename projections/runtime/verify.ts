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
  /** Up to where both hold the history. */
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
 * Folds the history anew and compares the outcome with the live build, which may move on meanwhile: most is folded
 * beforehand, the rest once the live build stands still in a snapshot.
 * @throws VerificationError
 */
export async function verifyView(options: VerifyOptions): Promise<Verified> {
  const { view, readStore, temporary } = options;
  const replica = await Replica.begin(options);
  await replica.fillTo(await liveCheckpoint(readStore, view.name));
  return readStore.atOneMoment(async (at) => {
    const { live } = await buildsOf(at.settings, view.name);
    if (live === undefined) throw new VerificationError(view.name, 'it has no live build');
    if (live.version !== view.version)
      throw new VerificationError(view.name, `version ${live.version} is live, not ${view.version}`);
    const consumer = consumerOf(view.name, live);
    const through = (await at.consumers.checkpoint(consumer)) ?? BEGINNING;
    await replica.fillTo(through);
    const compared = await compare(
      documentsOf(at.documents, collectionOf(view.name, live)),
      documentsOf(temporary.documents, collectionOf(view.name, REPLICA)),
    );
    const parkedKeys = (await readStore.consumers.parked(consumer)).length;
    return { view: view.name, through, parkedKeys, ...compared };
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

async function* documentsOf(
  store: Pick<DocumentStore, 'scan'>,
  collection: string,
): AsyncGenerator<StoredDocument> {
  let after: string | undefined;
  for (;;) {
    const page = await store.scan(collection, after, PAGE_DOCUMENTS);
    yield* page;
    after = page.at(-1)?.id;
    if (after === undefined || page.length < PAGE_DOCUMENTS) return;
  }
}

const textOf = ({ body }: StoredDocument): string => canonical(body);

/** Both sides come in order of id, so that neither has to be held in memory. */
async function compare(
  live: AsyncGenerator<StoredDocument>,
  rebuilt: AsyncGenerator<StoredDocument>,
): Promise<Pick<Verified, 'equal' | 'documents' | 'live' | 'rebuilt' | 'differing'>> {
  const liveHash = createHash('sha256');
  const rebuiltHash = createHash('sha256');
  const differing: string[] = [];
  const differs = (id: string) => {
    if (differing.length < MOST_DIFFERING) differing.push(id);
  };
  let documents = 0;
  let left = await next(live, liveHash);
  let right = await next(rebuilt, rebuiltHash);
  while (left !== undefined || right !== undefined) {
    const order = left === undefined ? 1 : right === undefined ? -1 : Buffer.compare(left.key, right.key);
    if (left !== undefined && right !== undefined && order === 0 && left.text !== right.text)
      differs(left.id);
    if (order !== 0) differs((order < 0 ? left : right)?.id ?? '');
    if (order <= 0) {
      documents += 1;
      left = await next(live, liveHash);
    }
    if (order >= 0) right = await next(rebuilt, rebuiltHash);
  }
  const hashes = { live: liveHash.digest('base64url'), rebuilt: rebuiltHash.digest('base64url') };
  return { equal: hashes.live === hashes.rebuilt, documents, ...hashes, differing };
}

async function next(
  documents: AsyncGenerator<StoredDocument>,
  hash: Hash,
): Promise<{ id: string; key: Buffer; text: string } | undefined> {
  const step = await documents.next();
  if (step.done) return undefined;
  const { id } = step.value;
  const text = textOf(step.value);
  hash.update(`${canonical(id)} ${text}\n`);
  return { id, key: Buffer.from(id), text };
}
