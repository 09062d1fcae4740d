import { readFileSync } from 'node:fs';

// The log of acknowledgements: what clients have asked, heard and been told, line by line, as they wrote it down themselves
// while the platform was killed under them. It is all the judge knows of the world outside the history.

/** What a client asked for; written before the request is sent. */
interface Asked {
  readonly kind: 'asked';
  readonly person: string;
  readonly commandId: string;
  readonly path: string;
}

/** An answer as it came over HTTP, whatever it said. */
export interface Heard {
  readonly kind: 'heard';
  readonly person: string;
  readonly commandId: string;
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

/** No answer came: the connection was lost. */
interface Lost {
  readonly kind: 'lost';
  readonly person: string;
  readonly commandId: string;
}

/** A feed that somebody follows: every event of some streams one by one, or the states of one stream, which may be joined. */
export interface Follows {
  readonly kind: 'follows';
  readonly feed: string;
  readonly of: 'events' | 'states';
  /** Beginnings of the names of the streams it tells of; for states the whole name of the one. */
  readonly streams: readonly string[];
}

/** An item of a feed: it stands for the interval `(after, position]`, both cursors as they were handed out. */
export interface Told {
  readonly kind: 'told';
  readonly feed: string;
  readonly after: string;
  readonly position: string;
  /** Of the event that ends the interval, if one does. */
  readonly eventId?: string | undefined;
  /** Accepted bids, where the item is the state of an auction. */
  readonly bids?: number | undefined;
}

/** The process was killed. */
interface Killed {
  readonly kind: 'killed';
  readonly kill: number;
}

export type Line = Asked | Heard | Lost | Follows | Told | Killed;

/** Every line of a log. @throws SyntaxError for one that was not written to its end */
export const readLog = (file: string): readonly Line[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
