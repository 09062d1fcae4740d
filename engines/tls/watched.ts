import { stat } from 'node:fs/promises';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { every } from '#runtime/pause.ts';
import { type PairFiles, readPair, type TlsPair } from './pair.ts';

/** A pair that whoever renews it replaces in its files. */
export interface WatchedPair {
  /** The last that could be used. */
  current(): TlsPair;
  /** Is told of each new one. */
  onChange(changed: (pair: TlsPair) => void): void;
  stop(): void;
}

export interface WatchOptions {
  readonly files: PairFiles;
  /** The machine's. */
  readonly clock: Clock;
  /** Between two looks, in milliseconds. */
  readonly everyMs: number;
  readonly changed: (pair: TlsPair) => void;
  /** The files hold nothing that can be used, and the pair before them goes on; told once for each such state of theirs. */
  readonly kept: (error: unknown) => void;
}

/** What a file is known by; a link that is turned to another file is another one. */
async function markOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(file);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return '';
  }
}
const marksOf = async ({ certificate, key, authority }: PairFiles): Promise<string> =>
  (await Promise.all([certificate, key, ...(authority === undefined ? [] : [authority])].map(markOf))).join();

/**
 * Reads a pair, and again whenever one of its files is another. The two are not replaced in one moment: what cannot be used is looked
 * at once more before anybody is told.
 *
 * @throws UnusablePairError for files that hold none at the start
 */
export async function watchPair({
  files,
  clock,
  everyMs,
  changed,
  kept,
}: WatchOptions): Promise<WatchedPair> {
  let marks = await marksOf(files);
  let pair = await readPair(files);
  let failures = 0;
  let looking = false;
  let stopped = false;
  const listeners: ((pair: TlsPair) => void)[] = [];

  async function look(): Promise<void> {
    const seen = await marksOf(files);
    if (seen !== marks) failures = 0;
    else if (failures !== 1) return;
    marks = seen;
    try {
      const next = await readPair(files);
      failures = 0;
      if (stopped || (next.cert === pair.cert && next.key === pair.key && next.ca === pair.ca)) return;
      pair = next;
      for (const listener of listeners) listener(next);
      changed(next);
    } catch (error) {
      failures += 1;
      if (failures === 2 && !stopped) kept(error);
    }
  }

  const end = every(clock, everyMs, () => {
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  });
  return {
    current: () => pair,
    onChange: (listener) => void listeners.push(listener),
    stop() {
      stopped = true;
      end();
    },
  };
}
