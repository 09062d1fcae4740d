import { createHash } from 'node:crypto';

/** Lines kept for whoever reads a failure. */
const KEPT_LINES = 400;

/** All that happened, line by line: the last lines to be read, and the hash of all of them to compare two runs by. */
export interface Trace {
  say(line: string): void;
  readonly lines: number;
  last(count: number): readonly string[];
  /** SHA-256 over all lines so far, base64url. */
  hash(): string;
}

export function newTrace(): Trace {
  const hash = createHash('sha256');
  let unhashed = '';
  let kept: string[] = [];
  let lines = 0;
  const flush = (): void => {
    hash.update(unhashed);
    unhashed = '';
  };
  return {
    say(line) {
      lines += 1;
      unhashed += `${line}\n`;
      if (unhashed.length > 16_384) flush();
      kept.push(line);
      if (kept.length > KEPT_LINES * 2) kept = kept.slice(-KEPT_LINES);
    },
    get lines() {
      return lines;
    },
    last: (count) => kept.slice(-count),
    hash() {
      flush();
      return hash.copy().digest('base64url');
    },
  };
}
