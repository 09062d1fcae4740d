import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { PipelineLimits } from './limits.ts';

/** What a stream remembers of a command that it recorded. */
export interface RememberedCommand {
  /** See {@link commandKey}. */
  readonly key: string;
  /** The hash of its payload: another payload under the same id is a mismatch. */
  readonly payload: string;
  readonly firstRevision: number;
  readonly lastRevision: number;
  /** Of its last event, by the store's clock, in milliseconds since 1970. */
  readonly recordedAtMs: number;
  /** Who sent it from outside; undefined for what reactions and sagas send. */
  readonly person: string | undefined;
}

/** With its place among all that the stream was told. */
interface Numbered extends RememberedCommand {
  readonly number: number;
}

export type KeyLimits = Pick<PipelineLimits, 'rememberedCommandsPerStream' | 'keyLifeMs' | 'keysPerPerson'>;

/** A command's name on its stream. No id holds a space. */
export const commandKey = (actor: string, commandId: string): string => `${actor} ${commandId}`;

/** What is taken from the front costs nothing however much stands behind it, which a Map with its holes does not keep. */
class Line {
  #waiting: Numbered[] = [];
  #from = 0;

  get size(): number {
    return this.#waiting.length - this.#from;
  }

  first(): Numbered | undefined {
    return this.#waiting[this.#from];
  }

  /** The one with `behind` others behind it. */
  fromEnd(behind: number): Numbered | undefined {
    return this.#waiting[this.#waiting.length - 1 - behind];
  }

  add(command: Numbered): void {
    this.#waiting.push(command);
  }

  replaceLast(command: Numbered): void {
    this.#waiting[this.#waiting.length - 1] = command;
  }

  shift(): void {
    this.#from += 1;
    if (this.#from < 1_024 || this.#from * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#from);
    this.#from = 0;
  }

  copy(): Line {
    const copy = new Line();
    copy.#waiting = this.#waiting.slice(this.#from);
    return copy;
  }

  [Symbol.iterator](): Iterator<Numbered> {
    return this.#waiting.slice(this.#from).values();
  }
}

/**
 * The commands of a stream that it answers again instead of deciding them anew, folded from the metadata of its events: the
 * last ones, and beside them all that came from outside within the life of a key. What reactions and sagas send is decided
 * once by its business key for ever, so that nothing depends on how long it stays here.
 */
export class RememberedCommands {
  readonly #byKey = new Map<string, Numbered>();
  #outside = new Line();
  #inside = new Line();
  readonly #persons = new Map<string, Line>();
  /** Of the last command. */
  #number = 0;

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): RememberedCommand | undefined {
    return this.#byKey.get(key);
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** Oldest first. */
  all(): readonly RememberedCommand[] {
    return [...this.#outside, ...this.#inside].sort((one, other) => one.number - other.number);
  }

  /** Those that came from outside and were recorded behind a revision, newest first; of -1, all. */
  *fromOutside(behind: number): Iterable<RememberedCommand> {
    for (let at = 0; at < this.#outside.size; at++) {
      const command = this.#outside.fromEnd(at);
      if (command === undefined || command.lastRevision <= behind) return;
      yield command;
    }
  }

  /** Changes nothing of the one it was made of. */
  copy(): RememberedCommands {
    const copy = new RememberedCommands();
    for (const [key, command] of this.#byKey) copy.#byKey.set(key, command);
    copy.#outside = this.#outside.copy();
    copy.#inside = this.#inside.copy();
    for (const [person, line] of this.#persons) copy.#persons.set(person, line.copy());
    copy.#number = this.#number;
    return copy;
  }

  /** Takes an event in, behind all that came before it, and lets go what need not be remembered any more. */
  remember({ metadata, revision, recordedAt }: RecordedEvent, limits: KeyLimits): void {
    const { actor, commandId, payload, roles } = metadata;
    const key = commandKey(actor, commandId);
    const recordedAtMs = millisecondsOf(recordedAt);
    const known = this.#byKey.get(key);
    if (known?.lastRevision === revision - 1) {
      const goesOn = { ...known, lastRevision: revision, recordedAtMs };
      this.#byKey.set(key, goesOn);
      for (const line of this.#linesOf(known)) line.replaceLast(goesOn);
    } else {
      const person = roles.includes('system') ? undefined : actor;
      this.adopt({ key, payload, firstRevision: revision, lastRevision: revision, recordedAtMs, person });
    }
    this.forget(recordedAtMs, limits);
  }

  /** Takes in a command that was remembered elsewhere, behind all that came before it. */
  adopt(command: RememberedCommand): void {
    this.#number += 1;
    const numbered = { ...command, number: this.#number };
    // One that had been let go and was decided anew counts as the latest again.
    this.#byKey.set(command.key, numbered);
    for (const line of this.#linesOf(command)) line.add(numbered);
  }

  /** Lets go what is not among the last commands any more, and, from outside, older than the life of a key at this moment. */
  forget(nowMs: number, { rememberedCommandsPerStream, keyLifeMs }: KeyLimits): void {
    const through = this.#number - rememberedCommandsPerStream;
    for (let oldest = this.#inside.first(); oldest !== undefined && oldest.number <= through; ) {
      this.#drop(oldest);
      oldest = this.#inside.first();
    }
    for (let oldest = this.#outside.first(); oldest !== undefined && oldest.number <= through; ) {
      if (oldest.recordedAtMs > nowMs - keyLifeMs) return;
      this.#drop(oldest);
      oldest = this.#outside.first();
    }
  }

  /** Keys of this person that are remembered. */
  ofPerson(person: string): number {
    return this.#persons.get(person)?.size ?? 0;
  }

  /**
   * How long this person has to wait for their next key on this stream, in milliseconds; 0: not at all.
   *
   * @param more keys of theirs that are about to be recorded
   */
  waitMs(person: string, more: number, nowMs: number, { keysPerPerson, keyLifeMs }: KeyLimits): number {
    const behind = keysPerPerson - 1 - more;
    if (behind < 0) return keyLifeMs;
    const line = this.#persons.get(person);
    if (line === undefined || behind >= line.size) return 0;
    const oldest = line.fromEnd(behind);
    return oldest === undefined ? 0 : Math.max(0, oldest.recordedAtMs + keyLifeMs - nowMs);
  }

  #linesOf({ person }: RememberedCommand): readonly Line[] {
    if (person === undefined) return [this.#inside];
    const own = this.#persons.get(person) ?? new Line();
    this.#persons.set(person, own);
    return [this.#outside, own];
  }

  #drop(command: Numbered): void {
    const { key, person } = command;
    for (const line of this.#linesOf(command)) line.shift();
    if (person !== undefined && this.#persons.get(person)?.size === 0) this.#persons.delete(person);
    if (this.#byKey.get(key) === command) this.#byKey.delete(key);
  }
}
