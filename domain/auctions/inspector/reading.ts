import type { Instant } from '../../kernel/instant.ts';
import type { Insight } from './messages.ts';

/** The last time that a role showed somebody something. */
export interface Reading {
  /** It stands for all that was shown until then. */
  readonly until: Instant;
  /** Where it stands in the history; undefined until it is recorded. */
  readonly position: bigint | undefined;
}

/** What a person has been shown, by insight. */
export type Inspector = { readonly [Of in Insight]?: Reading | undefined };
export const nothingRead: Inspector = {};
