import type { Position } from '../envelope.ts';
import type { ParkedKey } from './consumer-store.ts';

/** A value a filter can name: what JSON can say of a field. Amounts are compared as whole numbers (see the view's indexes). */
export type Scalar = string | number | bigint | boolean | null;

export type Condition =
  | Scalar
  | {
      readonly $eq?: Scalar;
      readonly $ne?: Scalar;
      readonly $gt?: Scalar;
      readonly $gte?: Scalar;
      readonly $lt?: Scalar;
      readonly $lte?: Scalar;
      readonly $in?: readonly Scalar[];
    };

/** The part of MongoDB's query language that every engine speaks. A field may be a path (`price.amount`) or an array (any element). */
export type Filter = { readonly [field: string]: Condition | readonly Filter[] | undefined } & {
  readonly $and?: readonly Filter[];
  readonly $or?: readonly Filter[];
};

export interface Query {
  readonly filter?: Filter;
  /** Words to find in the fields the view declares as text; all must be there, the last may be a beginning. */
  readonly text?: string;
  /** Ties are broken by id, so that pages neither overlap nor miss. */
  readonly sort?: readonly { readonly field: string; readonly direction: 'ascending' | 'descending' }[];
  /** 1 to 200. */
  readonly limit: number;
  /** The cursor of the item behind which the page begins. */
  readonly after?: string;
}

export interface Found<Document> {
  readonly id: string;
  readonly document: Document;
  readonly cursor: string;
}

export interface Page<Document> {
  readonly items: readonly Found<Document>[];
  readonly more: boolean;
}

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
