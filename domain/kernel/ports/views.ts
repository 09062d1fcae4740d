import type { Position } from '../envelope.ts';
import type { ParkedKey } from './consumer-store.ts';
import type { Page, Query } from './query.ts';

/** A page of a view's list. */
export interface Listed extends Page<object> {
  /** Something of the view is parked that may be missing from the list. */
  readonly mayMiss: boolean;
}

export interface ReadAt {
  /** Wait until the view has reached this position (bounded); a token's position. */
  readonly position?: Position;
}

/** How a view is doing. */
export interface ViewStanding {
  readonly view: string;
  readonly position: Position;
  readonly parkedKeys: number;
  /** The first of them, at most 100. */
  readonly parked: readonly Pick<ParkedKey, 'key' | 'error' | 'since' | 'waiting'>[];
}

/**
 * Reads views. A view that has not reached the position in time answers with the rejection `behind`, a parked key with
 * `parked` (both thrown as `RejectedError`).
 */
export interface ViewReader {
  get(view: string, id: string, at?: ReadAt): Promise<object | undefined>;
  find(view: string, query: Query, at?: ReadAt): Promise<Listed>;
  /** How every view is doing, for whoever runs the platform. */
  standing(): Promise<readonly ViewStanding[]>;
  /** Up to where the view holds the history; 0n before its first checkpoint. */
  reached(view: string): Promise<Position>;
}
