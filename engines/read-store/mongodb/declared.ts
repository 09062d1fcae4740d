import type { CollectionSpec } from '#domain/kernel/ports/document-store.ts';
import { type Kind, kindsOf, specFrom } from '../collection.ts';

/** A collection as it was declared. */
export interface Collection {
  readonly spec: CollectionSpec;
  readonly physical: string;
  readonly paths: readonly { readonly path: string; readonly kind: Kind }[];
  readonly arrays: ReadonlySet<string>;
}

export const collectionFrom = (
  spec: CollectionSpec,
  physical: string,
  arrays: readonly string[],
): Collection => ({
  spec,
  physical,
  paths: [...kindsOf(spec)].map(([path, kind]) => ({ path, kind })),
  arrays: new Set(arrays),
});

export const collectionOf = ({
  physical,
  spec,
  arrays,
}: {
  readonly physical: string;
  readonly spec: string;
  readonly arrays: readonly string[];
}): Collection => collectionFrom(specFrom(spec), physical, arrays);

/** The field under which a declared path is kept: the same in an index and in a query. */
export const fieldOf = ({ paths }: Collection, path: string): string =>
  `f${paths.findIndex((declared) => declared.path === path)}`;
