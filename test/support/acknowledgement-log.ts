import { closeSync, openSync, writeSync } from 'node:fs';
import type { Line } from '#test/judge/log.ts';

/** Where clients write down what they ask and hear, each line at once: the judge reads it when all is over. */
export interface AcknowledgementLog {
  readonly file: string;
  write(line: Line): void;
  /** How many lines of a kind there are. */
  count(kind: Line['kind']): number;
  close(): void;
}

/** Begins a log, or goes on with one. It is not flushed to the disk: its writer is not the one who is killed. */
export function acknowledgementLog(file: string): AcknowledgementLog {
  const descriptor = openSync(file, 'a');
  const counts = new Map<Line['kind'], number>();
  return {
    file,
    write(line) {
      writeSync(descriptor, `${JSON.stringify(line)}\n`);
      counts.set(line.kind, (counts.get(line.kind) ?? 0) + 1);
    },
    count: (kind) => counts.get(kind) ?? 0,
    close: () => closeSync(descriptor),
  };
}
