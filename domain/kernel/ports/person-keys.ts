import type { PersonId } from '../ids.ts';
import type { Standing } from './standing.ts';

/** Where a text stands that is sealed: it opens nowhere else. */
export interface SealedPlace {
  readonly stream: string;
  readonly eventId: string;
  /** Of the event's data; `origin.address` of its metadata. */
  readonly field: string;
}

/** The key was destroyed since it was handed out: nothing is sealed by it any more. */
export class KeyDestroyedError extends Error {
  constructor(person: PersonId) {
    super(`the key of ${person} is destroyed`);
    this.name = 'KeyDestroyedError';
  }
}

/** The key of one person, by which what is about them is sealed before it is stored. */
export interface PersonKey {
  readonly person: PersonId;
  /**
   * @returns ASCII without blanks, about a third longer than the text's UTF-8 and 28 bytes; the same for the same text in the same place
   * @throws KeyDestroyedError
   */
  seal(place: SealedPlace, text: string): string;
  /** Undefined: of another key or place, changed, or the key is destroyed. */
  open(place: SealedPlace, sealed: string): string | undefined;
  /** A fingerprint that nobody works out without the key; base64url of 32 bytes. @throws KeyDestroyedError */
  mac(text: string): string;
}

/** What is known of somebody: their key, or that it is gone for good. Who is not in it has none. */
export type KeysByPerson = ReadonlyMap<PersonId, PersonKey | 'destroyed'>;

/**
 * The keys of people, in a store of their own. To forget somebody is to destroy their key: whatever was sealed by it, in whatever event,
 * document, topic or backup, says nothing any more. A key that was destroyed is never made again.
 */
export interface PersonKeys {
  /**
   * The keys of these; at once where all of them are at hand.
   *
   * @throws StoreError `unavailable`
   */
  find(people: readonly PersonId[]): KeysByPerson | Promise<KeysByPerson>;
  /**
   * As {@link find}, and makes those that are missing: durable before they are handed out.
   *
   * @throws StoreError `unavailable`
   */
  make(people: readonly PersonId[]): KeysByPerson | Promise<KeysByPerson>;
  /**
   * Resolves when the key is gone from the store for good; other processes lose it within five seconds. Bears being done twice.
   *
   * @throws StoreError `unavailable`
   */
  destroy(person: PersonId): Promise<void>;
  /**
   * Whose keys are destroyed, those first that were destroyed first: one page behind `after` (0: from the beginning), which ends at `through`.
   * An empty one is the last.
   *
   * @throws StoreError `unavailable`
   */
  destroyed(
    after: number,
    limit: number,
  ): Promise<{ readonly people: readonly PersonId[]; readonly through: number }>;
  /** Names a login or an address without telling it, the same way for ever; base64url of 32 bytes. */
  nameOf(kind: string, text: string): string;
  /** How the store of the keys is doing, without asking it. */
  standing(): Standing;
  close(): Promise<void>;
}

/** How long a destroyed key may still be at hand in another process, in milliseconds. */
export const DESTROYED_EVERYWHERE_MS = 5_000;
