import { REPEATED_WITHIN_MS, type SignInRow } from '#domain/kernel/ports/sign-in-store.ts';

// What both engines decide alike.

/** What is known of something that was used. */
export interface Spent {
  readonly atMs: number;
  /** The process that has taken it. */
  readonly by: string;
  /** What has taken its place, of the same kind. */
  readonly successor: string | undefined;
  readonly isAnswered: boolean;
  /** It was used once more before. */
  readonly isRepeated: boolean;
}

export interface KeptRow extends SignInRow {
  readonly spent: Spent | undefined;
}

export interface SignInLimits {
  /** Of each kind, of some 1,000 bytes each. */
  readonly rows: number;
  /** Of them so many make room at a time, and are swept at a time. */
  readonly forgotten: number;
}

export const signInLimits: SignInLimits = { rows: 500_000, forgotten: 500 };

/** @param successor as it stands */
export function isSpent(
  { spent }: Pick<KeptRow, 'spent'>,
  successor: Pick<KeptRow, 'spent'> | undefined,
  { owner, nowMs }: { readonly owner: string; readonly nowMs: number },
): boolean {
  if (spent === undefined) return false;
  const mayRepeat =
    spent.by !== owner &&
    !spent.isAnswered &&
    !spent.isRepeated &&
    nowMs - spent.atMs <= REPEATED_WITHIN_MS &&
    successor !== undefined &&
    successor.spent === undefined;
  return !mayRepeat;
}
