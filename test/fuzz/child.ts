import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { bundled } from '#test/support/bundled.ts';
import { compiled } from '#test/support/compiled.ts';
import { shortLived } from '#test/support/short-lived.ts';

/** The platform in a process of its own. */
export interface Fuzzed {
  readonly url: string;
  readonly folder: string;
  /** Aborted when the process has ended by itself. */
  readonly gone: AbortSignal;
  /** Whether it has; waits a moment, because a connection breaks before anybody is told of the end of its process. */
  hasEnded(): Promise<boolean>;
  /** Lines that it has logged as errors, the newest last; at most {@link MOST_LINES}. */
  errors(): readonly string[];
  /** Bytes that are in memory. */
  memoryBytes(): Promise<number>;
  /** Ends it as SIGTERM does; the folder stays. */
  stop(): Promise<void>;
  /** Ends it at once, if it runs, and removes the folder. */
  dispose(): Promise<void>;
}

const MOST_LINES = 50;
const STOP_MS = 20_000;
const NOTICED_MS = 2_000;

/** Starts it, with a fault behind a command where one is named. @throws Error with what it said when it does not start */
export async function startFuzzed(fault = 'none', command = 'Transfer'): Promise<Fuzzed> {
  const folder = await mkdtemp(join(tmpdir(), 'annals-fuzz-'));
  const child = spawn(process.execPath, [...shortLived, bundled.fuzzed, folder, fault, command], {
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gone = new AbortController();
  const lines: string[] = [];
  let stopping = false;
  const exited = once(child, 'exit').then(([code, signal]) => {
    if (!stopping) gone.abort(new Error(`the platform has ended: ${signal ?? `exit code ${code}`}`));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) if (line.trim() !== '') lines.push(line.slice(0, 2_000));
    lines.splice(0, lines.length - MOST_LINES);
  });
  let said = '';
  child.stdout.setEncoding('utf8');
  await Promise.race([
    exited,
    (async () => {
      for await (const text of child.stdout) {
        said += text;
        if (said.includes('\n')) break;
      }
    })(),
  ]);
  const url = said.trim();
  if (!url.startsWith('http')) throw new Error(`the platform did not start: ${lines.join('\n')}`);

  return {
    url,
    folder,
    gone: gone.signal,
    async hasEnded() {
      await Promise.race([exited, pause(NOTICED_MS, undefined, { ref: false })]);
      return gone.signal.aborted;
    },
    errors: () => [...lines],
    async memoryBytes() {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
    },
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await exited;
      clearTimeout(impatience);
    },
    async dispose() {
      stopping = true;
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
