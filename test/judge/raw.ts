// What the judge reads: stored JSON and what clients were told. Nothing here knows a type of the platform.

export type Json = Readonly<Record<string, unknown>>;

/** An event as it stands in the history. */
export interface RawEvent {
  readonly eventId: string;
  readonly type: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: bigint;
  readonly recordedAt: string;
  readonly data: Json;
  readonly metadata: Json;
}

/** When the decision was made that the event records, by the clock of whoever made it. */
export const momentOf = ({ metadata }: RawEvent): string => text(metadata.occurredAt);

/** An event as an answer names it. */
export interface NamedEvent {
  readonly stream: string;
  readonly revision: number;
  readonly position: bigint;
  readonly eventId: string;
}

/** What a client was told of its command. */
export interface Acknowledgement {
  readonly commandId: string;
  readonly actor: string;
  readonly outcome: 'accepted' | 'rejected' | 'pending';
  /** Of the rejection. */
  readonly code?: string | undefined;
  /** Of the last event it led to, in whatever stream. */
  readonly position?: bigint | undefined;
  /** It was asked for after an answer to the same command had come. */
  readonly askedAgain?: boolean;
  /** The command's own events. */
  readonly events: readonly NamedEvent[];
}

/** Says what is wrong with the event at hand. */
export type Complain = (problem: string) => void;

/** A part of the judgement: looks at each event once, and at the whole when nothing is under way any more. */
export interface Rules {
  see(event: RawEvent, complain: Complain): void;
  atRest(complain: Complain): void;
}

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
/** Minor units as they are stored; what is no number counts as nothing and is found by the sums. */
export const amount = (value: unknown): bigint =>
  typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : 0n;
export const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? (value as Json) : {};
export const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(object) : []);
