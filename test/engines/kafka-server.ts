import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SCRIPT = join(import.meta.dirname, 'kafka.sh');
/** Of a start that has to install the broker first, in milliseconds. */
const START_MS = 240_000;
/** The controller listens that much above the broker, as the script has it. */
const CONTROLLER_ABOVE = 100;

/** A broker of our own, which may be killed and paused. */
export interface OwnKafka {
  /** `host:port`. */
  readonly broker: string;
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Again, after it was killed, on the data that it had. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  end(): Promise<void>;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  await new Promise((resolve) => server.close(resolve));
  return free;
}

async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    if (port + CONTROLLER_ABOVE < 65_536 && (await isFree(port + CONTROLLER_ABOVE))) return port;
  }
}

/** Why a script has failed, in its own words. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && 'stderr' in error && String(error.stderr).trim() !== ''
    ? String(error.stderr).trim()
    : String(error);

/**
 * @param settings properties of the broker, one a line, beside those of the script
 * @throws Error with the reason for which this machine cannot start one
 */
export async function ownKafka(settings: (port: number) => string = () => ''): Promise<OwnKafka> {
  const port = await freePort();
  const data = await mkdtemp(join(tmpdir(), 'annals-kafka-'));
  const environment = {
    ...process.env,
    KAFKA_PORT: String(port),
    KAFKA_NODES: '1',
    KAFKA_DATA: data,
    KAFKA_SET: settings(port),
  };
  const pid = () => Number(readFileSync(join(data, 'node-1', 'pid'), 'utf8'));

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

  async function start(): Promise<void> {
    try {
      await run('bash', [SCRIPT, 'start'], { env: environment, timeout: START_MS });
    } catch (error) {
      await end().catch(() => undefined);
      throw new Error(reasonOf(error));
    }
  }

  process.on('exit', endAtExit);
  await start();
  return { broker: `127.0.0.1:${port}`, signal: (signal) => process.kill(pid(), signal), start, end };
}
