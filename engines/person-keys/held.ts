import type { PersonId } from '#domain/kernel/ids.ts';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import type { Clock, RandomBytes } from '#domain/kernel/ports/facts.ts';
import {
  DESTROYED_EVERYWHERE_MS,
  type KeysByPerson,
  type PersonKey,
  type PersonKeys,
} from '#domain/kernel/ports/person-keys.ts';
import type { Standing } from '#domain/kernel/ports/standing.ts';
import { every } from '#runtime/pause.ts';
import type { Watched } from '../standing.ts';
import { type HeldKey, KEY_BYTES, type MasterKey, personKey, WRAP_NONCE_BYTES } from './key.ts';

/** People whose keys are at hand at once; whoever comes back later is looked up again. */
const MOST_HELD = 50_000;
/** Between two looks which keys were destroyed elsewhere. */
const LOOK_MS = 1_000;
/** Without an answer to that for so long nothing counts as at hand: whoever asks, asks the store. */
const BLIND_MS = DESTROYED_EVERYWHERE_MS - 2 * LOOK_MS;
/** People asked for at once, by whomever; the others wait for the next question. */
const AT_ONCE = 500;
/** People of whom it is remembered that their key is damaged, so that it is told once. */
const MOST_DAMAGED = 1_000;
/** Questions that wait. */
const MOST_WAITING = 10_000;

/** What is stored of a person's key: it, wrapped, or that it is gone for good. */
export type StoredKey = Uint8Array | 'destroyed';

/** Where wrapped keys are. Many processes may ask at once. Everything may throw a StoreError `unavailable`. */
export interface KeyRows {
  /** Of whoever has or had one. */
  find(people: readonly PersonId[]): Promise<ReadonlyMap<PersonId, StoredKey>>;
  /** Keeps the key of whoever has none and never had, durably; answers as {@link find} with what is there then. */
  keep(fresh: ReadonlyMap<PersonId, Uint8Array>): Promise<ReadonlyMap<PersonId, StoredKey>>;
  /** Gone for good, and overwritten. Bears being done twice, and for whoever has none. */
  destroy(person: PersonId): Promise<void>;
  /** Whose key was destroyed since the store had counted so many; the first time nobody's, and how many there were. */
  destroyedSince(
    count: number | undefined,
  ): Promise<{ readonly people: readonly PersonId[]; readonly count: number }>;
  /** Whose keys are destroyed, a page of them behind `after`; 0: from the first. */
  destroyedAfter(
    after: number,
    limit: number,
  ): Promise<{ readonly people: readonly PersonId[]; readonly through: number }>;
  /** Writes nothing new, and tells whether anything could be written. */
  tryToWrite(): Promise<void>;
  close(): Promise<void>;
}

export interface PersonKeysOptions {
  readonly rows: KeyRows;
  /** How the store is doing: it is told of each answer. */
  readonly engine: Watched;
  readonly master: MasterKey;
  /** By which it is looked what others have destroyed: a steady one. Undefined: nobody else has these rows. */
  readonly clock: Clock | undefined;
  readonly randomBytes: RandomBytes;
  /** Told of each key that is damaged, once. */
  readonly damaged?: (person: PersonId) => void;
}

interface Question {
  readonly people: readonly PersonId[];
  readonly make: boolean;
  readonly resolve: (keys: KeysByPerson) => void;
  readonly reject: (error: unknown) => void;
}

/** What is found of one person; the error: it is damaged. */
type Found = PersonKey | 'destroyed' | StoreError;

class HeldKeys implements PersonKeys {
  readonly #options: PersonKeysOptions;
  readonly #held = new Map<PersonId, HeldKey>();
  /** Since this process began. For good: an answer that was on its way must not bring one back. */
  readonly #destroyed = new Set<PersonId>();
  #waiting: Question[] = [];
  #asking = false;
  #count: number | undefined;
  #seenMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<StoreError | undefined> | undefined;
  readonly #damaged = new Set<PersonId>();
  #closed = false;
  readonly #stopLooking: () => void;

  constructor(options: PersonKeysOptions) {
    this.#options = options;
    const { clock } = options;
    this.#stopLooking = clock ? every(clock, LOOK_MS, () => void this.#look()) : () => undefined;
  }

  find(people: readonly PersonId[]): KeysByPerson | Promise<KeysByPerson> {
    return this.#atHand(people) ?? this.#ask(people, false);
  }

  make(people: readonly PersonId[]): KeysByPerson | Promise<KeysByPerson> {
    return this.#atHand(people) ?? this.#ask(people, true);
  }

  async destroy(person: PersonId): Promise<void> {
    await this.#asked('writes', this.#options.rows.destroy(person));
    this.#forget(person);
  }

  destroyed(after: number, limit: number): ReturnType<PersonKeys['destroyed']> {
    return this.#asked('reads', this.#options.rows.destroyedAfter(after, limit));
  }

  nameOf(kind: string, text: string): string {
    return this.#options.master.nameOf(kind, text);
  }

  standing(): Standing {
    return this.#options.engine.standing();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopLooking();
    for (const key of this.#held.values()) key.destroy();
    this.#held.clear();
    await this.#options.rows.close();
  }

  #forget(person: PersonId): void {
    this.#destroyed.add(person);
    this.#held.get(person)?.destroy();
    this.#held.delete(person);
  }

  /** Undefined where one of them is not, or nobody knows what has been destroyed of late. */
  #atHand(people: readonly PersonId[]): KeysByPerson | undefined {
    const isBlind = this.#options.clock !== undefined && performance.now() - this.#seenMs > BLIND_MS;
    if (people.length > 0 && isBlind) return undefined;
    const found = new Map<PersonId, PersonKey | 'destroyed'>();
    for (const person of people) {
      const key = this.#destroyed.has(person) ? 'destroyed' : this.#held.get(person);
      if (key === undefined) return undefined;
      found.set(person, key);
    }
    return found;
  }

  #ask(people: readonly PersonId[], make: boolean): Promise<KeysByPerson> {
    if (this.#closed) return Promise.reject(new StoreError('closed', 'the keys of people are closed'));
    if (this.#waiting.length >= MOST_WAITING)
      return Promise.reject(new StoreError('unavailable', 'too many wait for the keys of people'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ people, make, resolve, reject });
      if (!this.#asking) void this.#answerAll();
    });
  }

  /** What comes meanwhile shares the next question. */
  async #answerAll(): Promise<void> {
    this.#asking = true;
    while (this.#waiting.length > 0) {
      const questions = this.#nextQuestions();
      try {
        const keys = await this.#answer(questions);
        for (const { people, resolve, reject } of questions) {
          const damaged = people.map((person) => keys.get(person)).find((key) => key instanceof StoreError);
          if (damaged !== undefined) reject(damaged);
          else resolve(new Map(people.flatMap((person) => pairOf(person, keys.get(person)))));
        }
      } catch (error) {
        for (const { reject } of questions) reject(error);
      }
    }
    this.#asking = false;
  }

  #nextQuestions(): readonly Question[] {
    let people = 0;
    const count = this.#waiting.findIndex((question) => {
      people += question.people.length;
      return people > AT_ONCE;
    });
    return this.#waiting.splice(0, count < 0 ? this.#waiting.length : Math.max(1, count));
  }

  async #answer(questions: readonly Question[]): Promise<ReadonlyMap<PersonId, Found>> {
    const { rows, master, randomBytes } = this.#options;
    // Of what is destroyed between a key's reading and the first look nobody would ever hear: no key is read before that.
    const blind = this.#count === undefined ? await this.#look() : undefined;
    if (blind !== undefined) throw blind;
    const all = new Set(questions.flatMap(({ people }) => people));
    const stored = new Map(await this.#asked('reads', rows.find([...all])));
    const missing = questions
      .flatMap(({ people, make }) => (make ? people : []))
      .filter((one) => !stored.has(one));
    if (missing.length > 0) {
      const fresh = new Map(
        missing.map((person) => [
          person,
          master.wrap(person, randomBytes(KEY_BYTES), randomBytes(WRAP_NONCE_BYTES)),
        ]),
      );
      for (const [person, key] of await this.#asked('writes', rows.keep(fresh))) stored.set(person, key);
    }
    return new Map([...stored].map(([person, key]) => [person, this.#hold(person, key)]));
  }

  /** A destroyed one stays so, whatever was read before it was. */
  #hold(person: PersonId, stored: StoredKey): Found {
    if (stored === 'destroyed') this.#forget(person);
    if (stored === 'destroyed' || this.#destroyed.has(person)) return 'destroyed';
    const known = this.#held.get(person);
    if (known !== undefined) return known;
    const secret = this.#options.master.unwrap(person, stored);
    if (secret === undefined) return this.#damage(person);
    const key = personKey(person, secret);
    secret.fill(0);
    if (this.#held.size >= MOST_HELD)
      for (const oldest of [...this.#held.keys()].slice(0, MOST_HELD / 10)) this.#held.delete(oldest);
    this.#held.set(person, key);
    return key;
  }

  /** It is neither destroyed nor missing: whoever asks for theirs hears that it cannot be read, and nobody else does. */
  #damage(person: PersonId): StoreError {
    if (!this.#damaged.has(person) && this.#damaged.size < MOST_DAMAGED) {
      this.#damaged.add(person);
      this.#options.damaged?.(person);
    }
    return new StoreError(
      'unreadable',
      `the key of ${person} is damaged, or was kept under another master key`,
    );
  }

  async #asked<T>(side: 'reads' | 'writes', answer: Promise<T>): Promise<T> {
    try {
      const told = await answer;
      this.#options.engine.answered(side);
      return told;
    } catch (error) {
      this.#options.engine.failed(error, side);
      throw error;
    }
  }

  /** Which keys were destroyed by others; one look at a time. @returns why that is not known */
  #look(): Promise<StoreError | undefined> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Where nobody answers, nothing counts as at hand after a while. */
  async #lookOnce(): Promise<StoreError | undefined> {
    if (this.#closed) return new StoreError('closed', 'the keys of people are closed');
    const began = performance.now();
    const { rows, engine } = this.#options;
    try {
      const { people, count } = await this.#asked('reads', rows.destroyedSince(this.#count));
      for (const person of people) this.#forget(person);
      this.#count = count;
      this.#seenMs = began;
      // Whoever is not let in for it cannot show that it works again.
      if (engine.standing().state === 'down')
        await this.#asked('writes', rows.tryToWrite()).catch(demandStoreError);
      return undefined;
    } catch (error) {
      return demandStoreError(error);
    }
  }
}

/** @throws what is none */
function demandStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  throw error;
}

const pairOf = (person: PersonId, key: Found | undefined): readonly [PersonId, PersonKey | 'destroyed'][] =>
  key === undefined || key instanceof StoreError ? [] : [[person, key]];

/** Keys at hand, over whatever store they are in. */
export const personKeys = (options: PersonKeysOptions): PersonKeys => new HeldKeys(options);
