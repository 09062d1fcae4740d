// What can be asked of documents, of a collection as of a view.

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
