import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
/** How long a stopping platform may take before it is killed, in milliseconds. */
const STOP_MS = 15_000;
/** How long one that runs already may take to say so, in milliseconds. */
const ANSWER_MS = 10_000;
/** As much of what a starting platform says is looked at. */
const OUTPUT_CHARACTERS = 10_000;

/** A platform to be a customer of. */
export interface RunningPlatform {
  readonly url: string;
  /** Aborted when it has ended. */
  readonly gone: AbortSignal;
  stop(): Promise<void>;
}

/** At the address of a platform is none. */
export class NobodyThereError extends Error {
  readonly code = 'unavailable';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NobodyThereError';
  }
}

/** One that runs already: nothing is started, and nothing stopped. @throws NobodyThereError when it does not answer like one */
export async function platformAt(url: string): Promise<RunningPlatform> {
  const is = await fetch(new URL('/health/live', url), { signal: AbortSignal.timeout(ANSWER_MS) }).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.ok ? undefined : `it answers ${answer.status} to /health/live`;
    },
    (error: unknown) => {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return cause instanceof Error ? cause.message || cause.name : String(cause);
    },
  );
  if (is !== undefined) throw new NobodyThereError(`There is no platform at ${url}: ${is}`);
  return { url, gone: new AbortController().signal, stop: async () => {} };
}

/** It says where it listens when it is ready; whatever else it says is let go. */
function urlOf(child: ChildProcess, ended: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.on('data', (chunk) => {
      if (output.length < OUTPUT_CHARACTERS) output += chunk;
      const [url] = /https?:\/\/\S+?:\d+/.exec(output) ?? [];
      if (url !== undefined) resolve(url);
    });
    ended.addEventListener('abort', () => reject(ended.reason));
  });
}

/** Thousands of people come from one address here, some of whom do in seconds what takes weeks: the platform is told to let them. */
export const unrationed = { RATE_PER_ADDRESS: '100000000', RATE_PER_PERSON: '100000000' } as const;

/**
 * Starts a platform of our own on a simulated clock and any free port (`PORT` names another), with its data where the
 * environment says. It ends with this process. @throws Error when it does not start
 */
export async function startPlatform(): Promise<RunningPlatform> {
  const { PORT = '0', LOG_LEVEL = 'warn' } = process.env;
  const child = spawn(process.execPath, ['start.js'], {
    cwd: root,
    env: { ...unrationed, ...process.env, PORT, LOG_LEVEL, CLOCK: 'simulated' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill('SIGTERM'));
  const ended = new AbortController();
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      ended.abort(new Error(`the platform has ended by itself: ${signal ?? `exit code ${code}`}`));
      resolve();
    });
  });
  return {
    url: await urlOf(child, ended.signal),
    gone: ended.signal,
    async stop() {
      child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await exited;
      clearTimeout(impatience);
    },
  };
}
