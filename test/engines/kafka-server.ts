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
/** Whom the broker lets in by a password. */
export const KNOWN = { username: 'annals', password: 'only-for-this-test' } as const;
/** Above the port of the broker: its controller, as the script has it, and other ways in. */
const ABOVE = { byPassword: 50, behindProxy: 51, proxy: 52, controller: 100 } as const;

/** A port by a password, and one that says of itself that it is where a proxy may stand. */
const listening = (port: number): string => {
  const at = (name: string, above: number) => `${name}://127.0.0.1:${port + above}`;
  const plain = at('PLAINTEXT', 0);
  const guarded = at('PASSWORD', ABOVE.byPassword);
  return [
    `listeners=${plain},${guarded},${at('PROXIED', ABOVE.behindProxy)},${at('CONTROLLER', ABOVE.controller)}`,
    `advertised.listeners=${plain},${guarded},${at('PROXIED', ABOVE.proxy)}`,
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PASSWORD:SASL_PLAINTEXT,PROXIED:PLAINTEXT',
    'sasl.enabled.mechanisms=SCRAM-SHA-512',
    'listener.name.password.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;',
  ].join('\n');
};

/** A broker of our own, which may be killed and paused. */
export interface OwnKafka {
  /** `host:port`. */
  readonly broker: string;
  /** The same broker, which asks there for a password. */
  readonly byPassword: string;
  /** Where a proxy may listen, and where it finds the broker. */
  readonly proxy: { readonly port: number; readonly behind: number };
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
    const others = Object.values(ABOVE).map((above) => port + above);
    if (Math.max(...others) < 65_536 && (await Promise.all(others.map(isFree))).every(Boolean)) return port;
  }
}

/** Why a script has failed, in its own words. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && 'stderr' in error && String(error.stderr).trim() !== ''
    ? String(error.stderr).trim()
    : String(error);

/** Settings of a broker that asks who may do what; whoever comes without a password may do everything. */
export const AUTHORIZING = [
  'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users=User:ANONYMOUS',
  'allow.everyone.if.no.acl.found=true',
].join('\n');

/** @param settings more of the broker's own, one a line @throws Error with the reason for which this machine cannot start one */
export async function ownKafka(settings = ''): Promise<OwnKafka> {
  const port = await freePort();
  const data = await mkdtemp(join(tmpdir(), 'annals-kafka-'));
  const environment = {
    ...process.env,
    KAFKA_PORT: String(port),
    KAFKA_NODES: '1',
    KAFKA_DATA: data,
    KAFKA_SET: `${listening(port)}\n${settings}`,
    KAFKA_FORMAT: `--add-scram SCRAM-SHA-512=[name=${KNOWN.username},password=${KNOWN.password}]`,
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
  return {
    broker: `127.0.0.1:${port}`,
    byPassword: `127.0.0.1:${port + ABOVE.byPassword}`,
    proxy: { port: port + ABOVE.proxy, behind: port + ABOVE.behindProxy },
    signal: (signal) => process.kill(pid(), signal),
    start,
    end,
  };
}
