import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SCRIPT = join(import.meta.dirname, 'mongo.sh');
/** Of a start that has to install the server first, in milliseconds. */
const START_MS = 180_000;

/** A server of our own, which may be killed and paused. */
export interface OwnServer {
  readonly url: string;
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Again, after it was killed, on the data that it had. @param options others of the server than before */
  start(options?: string): Promise<void>;
  /** Ends it and removes its data. */
  end(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Why a script has failed, in its own words. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && 'stderr' in error && String(error.stderr).trim() !== ''
    ? String(error.stderr).trim()
    : String(error);

/** @throws Error with the reason for which this machine cannot start one */
export async function ownServer(options = ''): Promise<OwnServer> {
  const port = await freePort();
  const data = await mkdtemp(join(tmpdir(), 'annals-mongo-'));
  const environment = { ...process.env, MONGO_PORT: String(port), MONGO_DATA: data };
  const pid = () => Number(readFileSync(join(data, 'pid'), 'utf8'));

  /** However this process ends. */
  function endAtExit(): void {
    try {
      process.kill(pid(), 'SIGKILL');
    } catch {
      // It has ended before.
    }
  }

  async function end(): Promise<void> {
    process.off('exit', endAtExit);
    await run('bash', [SCRIPT, 'kill'], { env: environment });
    await rm(data, { recursive: true, force: true });
  }

  async function start(other = options): Promise<void> {
    try {
      const env = { ...environment, MONGO_ARGS: other };
      await run('bash', [SCRIPT, 'start'], { env, timeout: START_MS });
    } catch (error) {
      await end().catch(() => undefined);
      throw new Error(reasonOf(error));
    }
  }

  process.on('exit', endAtExit);
  await start();
  return {
    url: `mongodb://127.0.0.1:${port}/?replicaSet=secantus`,
    signal: (signal) => process.kill(pid(), signal),
    start,
    end,
  };
}
