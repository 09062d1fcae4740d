import { Overloaded, RejectedError } from '#domain/kernel/rejections.ts';
import { counts } from './counts.ts';

/** Places that are taken by key: by a person, by the network that connections come from. */
export interface Places {
  /** Takes one; the result gives it back, once. undefined: this key has as many as it may. */
  take(key: string): (() => void) | undefined;
}

/** So many places for each key. Holds no more than is taken. */
export function places(most: number): Places {
  const taken = counts();
  return {
    take(key) {
      if (taken.of(key) >= most) return undefined;
      taken.add(key);
      let mine = true;
      return () => {
        if (mine) taken.remove(key);
        mine = false;
      };
    },
  };
}

/** When whoever has too much under way may come again, in milliseconds: it is their own to end. */
const RETRY_AFTER_MS = 1_000;

/**
 * `overloaded` for one who has as much under way as one may have. Over HTTP that is 429, which tells them that it is theirs
 * alone; the catalogue's 503 is about the whole platform.
 */
export class TooManyAtOnceError extends RejectedError {
  readonly answer = { status: 429 } as const;
  constructor() {
    super(Overloaded({ retryAfterMs: RETRY_AFTER_MS }));
    this.name = 'TooManyAtOnceError';
  }
}
