import type { ServedOperation } from './served.ts';

/** A convenience of development. */
export type DevelopmentOperation = Omit<ServedOperation, 'tag' | 'bearer'> & {
  readonly path: `/dev/${string}`;
};

export const developmentTag = {
  name: 'development',
  description: 'Conveniences of development. No process in production has them.',
};

export const developmentServed = (operations: readonly DevelopmentOperation[]): readonly ServedOperation[] =>
  operations.map((operation) => ({ ...operation, tag: developmentTag.name }) as ServedOperation);
