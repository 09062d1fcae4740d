import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Who tests the engines starts them by these too. */
const SCRIPTS = resolve(import.meta.dirname, '../test/engines');

export interface ServerScript {
  /** It knows `start` and `kill`. */
  readonly script: 'mongo.sh' | 'kafka.sh';
  /** Its data folder, which goes away with it. */
  readonly data: string;
  /** Of each of its processes, in that folder. */
  readonly pidFiles: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Of a start that has to install the server first, in milliseconds. */
  readonly startMs: number;
}

/** A server that a script has started, which may be killed and paused. */
export interface OwnProcess {
  /** To each of its processes. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Again, after it was killed, on the data that it had. @param change of its environment */
  start(change?: NodeJS.ProcessEnv): Promise<void>;
  /** What its script may be told besides. @throws Error in the words of the script */
  tell(...words: readonly string[]): Promise<void>;
  /** Ends it and removes its data. */
  end(): Promise<void>;
}

/** Why a script has failed, in its own words. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && 'stderr' in error && String(error.stderr).trim() !== ''
    ? String(error.stderr).trim()
    : String(error);

/** Starts a server by its script. @throws Error with the reason for which this machine cannot start it */
export async function ownProcess(server: ServerScript): Promise<OwnProcess> {
  const { script, data, pidFiles, environment, startMs } = server;
  const env = { ...process.env, ...environment };
  const signalTo = (file: string, name: NodeJS.Signals): boolean =>
    process.kill(Number(readFileSync(join(data, file), 'utf8')), name);
  let wasKilled = false;
  const signal: OwnProcess['signal'] = (name) => {
    wasKilled ||= name === 'SIGKILL';
    for (const file of pidFiles) signalTo(file, name);
  };

  /** However this process ends, and before somebody else removes the folder. */
  function endAtExit(): void {
    for (const file of pidFiles)
      try {
        signalTo(file, 'SIGKILL');
      } catch {
        // It has ended before.
      }
  }

  async function tellScript(words: readonly string[], change: NodeJS.ProcessEnv = {}): Promise<void> {
    try {
      await run('bash', [join(SCRIPTS, script), ...words], { env: { ...env, ...change }, timeout: startMs });
    } catch (error) {
      throw new Error(reasonOf(error), { cause: error });
    }
  }

  async function end(): Promise<void> {
    await tellScript(['kill']);
    process.off('exit', endAtExit);
    await rm(data, { recursive: true, force: true });
  }

  async function start(change: NodeJS.ProcessEnv = {}): Promise<void> {
    try {
      // It waits until nothing is left: what dies may still look alive.
      if (wasKilled) await tellScript(['kill']);
      wasKilled = false;
      await tellScript(['start'], change);
    } catch (error) {
      await end().catch(() => undefined);
      throw error;
    }
  }

  process.prependListener('exit', endAtExit);
  await start();
  return { signal, start, end, tell: (...words) => tellScript(words) };
}
