import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Wait } from './polite.ts';

// What is seen of the platform from outside while it is attacked: its memory and files as the system counts them, its log, and how
// long a polite client waits. Needs the /proc of Linux.

const KIBIBYTE = 1_024;

/** The most memory of a process that was resident since {@link forgetPeak}, in bytes; 0 where there is none. */
export function peakBytes(pid: number): number {
  try {
    const [, text = '0'] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(text) * KIBIBYTE;
  } catch {
    return 0;
  }
}

/** Begins to count the peak anew. */
export function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // It has ended, or the system counts from its start: what is told is then of all that came before, too.
  }
}

/** Files and sockets that a process holds. */
export function openFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** Lines of a log that nobody is to bring about: errors, and whatever is no line of the log at all. */
export function seriousLines(output: string): readonly string[] {
  return output.split('\n').filter((line) => {
    if (!line.startsWith('{')) return /warning|error|^\s+at /i.test(line);
    return /"level":(50|60)/.test(line);
  });
}

export interface Polite {
  /** Resolves when it was answered for the first time. */
  readonly served: Promise<void>;
  /** The longest wait since it was asked the last time, in milliseconds, of those that began behind the last {@link see}. */
  longest(): Readonly<Record<Wait['what'], number>>;
  /** Nothing counts that is under way from now until {@link see}: the platform is down. */
  blind(): void;
  see(): void;
  /** How often it was answered. */
  answered(): number;
  /** Sends nothing more. */
  rest(): void;
  /** Waits until its feed has told everything. @throws Error when it has failed */
  end(): Promise<void>;
}

/** Starts the polite client. `hear` is told of each wait that counts, also while it lasts. */
export function startPolite(url: string, log: string, hear: (wait: Wait) => void): Polite {
  const child = fork(join(import.meta.dirname, 'polite.ts'), [url, log]);
  const exited = once(child, 'exit');
  process.once('exit', () => child.kill('SIGKILL'));
  const none = (): Record<Wait['what'], number> => ({ command: 0, question: 0, feed: 0 });
  let waits = none();
  let blindUntil = 0;
  let answered = 0;
  const first = Promise.withResolvers<void>();
  child.on('message', (said) => {
    const wait = said as Wait;
    if (performance.now() - wait.ms < blindUntil) return;
    waits[wait.what] = Math.max(waits[wait.what], wait.ms);
    if (!wait.open) answered += 1;
    if (wait.what === 'feed' && !wait.open) first.resolve();
    hear(wait);
  });
  void exited.then(() => first.resolve());
  return {
    served: first.promise,
    longest() {
      const seen = waits;
      waits = none();
      return seen;
    },
    blind() {
      blindUntil = Number.POSITIVE_INFINITY;
    },
    see() {
      blindUntil = performance.now();
    },
    answered: () => answered,
    rest: () => void child.send('rest'),
    async end() {
      child.send('end');
      const [code] = await exited;
      if (code !== 0) throw new Error(`the polite client has failed (${code})`);
    },
  };
}
