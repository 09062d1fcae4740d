import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '#bench/free-port.ts';
import { unrationed } from '#demo/platform.ts';
import { EXIT } from '#exit';
import { bundled } from '#test/support/bundled.ts';
import { compiled } from '#test/support/compiled.ts';
import { type Entrance, openEntrance } from '#test/support/entrance.ts';

// The real roles, each in a process of its own, before one entrance. Whoever tests them kills, stops and starts them again by name.

const root = resolve(import.meta.dirname, '../..');
/** For a process to be ready, in milliseconds; some wait for others. */
const READY_MS = 300_000;
/** For a process to end by itself, in milliseconds. */
const END_MS = 30_000;

/** The roles of each process, by its name. */
export type Layout = Readonly<Record<string, string>>;

/** What the platform must show: two replicas of whatever can have some. */
export const replicated: Layout = {
  'write-side': 'write-side,sagas',
  'projections-1': 'projections',
  'projections-2': 'projections',
  'read-api-1': 'read-api',
  'read-api-2': 'read-api',
  'publisher-1': 'publisher',
  'publisher-2': 'publisher',
};

export interface RoleProcess {
  readonly name: string;
  readonly roles: string;
  /** Its own port; the same after it was started again. */
  readonly url: string;
  /** 0: it does not run. */
  readonly pid: number;
  /** All that it has said, over all its lives. */
  output(): string;
  signal(signal: NodeJS.Signals): void;
}

export interface Roles {
  /** Where clients go: what Kubernetes would call an ingress. */
  readonly entrance: Entrance;
  readonly folder: string;
  readonly processes: Readonly<Record<string, RoleProcess>>;
  /** SIGKILL; resolves when it is gone. */
  kill(name: string): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  freeze(name: string): void;
  thaw(name: string): void;
  /** SIGTERM; resolves with its exit code when it has ended. */
  end(name: string): Promise<number | null>;
  /** One that does not run any more; resolves when it is ready. */
  restart(name: string): Promise<void>;
  /** Ends all of them, the write side last, and removes the folder. */
  stop(): Promise<void>;
}

export interface RolesOptions {
  readonly readStore: string;
  readonly bus: string;
  readonly layout?: Layout;
  readonly environment?: Readonly<Record<string, string>>;
  /** A data folder that stays; by default one that goes away. */
  readonly folder?: string;
  /** Modules loaded before the program, in every process. */
  readonly preloads?: readonly string[];
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) }).catch(
    () => undefined,
  );
  await answer?.arrayBuffer().catch(() => undefined);
  return answer?.ok === true;
}

/** One process through all its lives. */
export class OneProcess implements RoleProcess {
  readonly name: string;
  readonly roles: string;
  readonly url: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #preloads: readonly string[];
  #isSupervised = false;
  #child: ChildProcess | undefined;
  #ended: Promise<number | null> = Promise.resolve(null);
  #output = '';

  constructor(
    name: string,
    roles: string,
    port: number,
    environment: Readonly<Record<string, string>>,
    preloads: readonly string[] = [],
  ) {
    this.name = name;
    this.roles = roles;
    this.url = `http://127.0.0.1:${port}`;
    this.#environment = { ...environment, PORT: String(port) };
    this.#preloads = preloads.flatMap((file) => ['--import', join(root, file)]);
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  output(): string {
    return this.#output;
  }

  /** Its exit code; null: a signal has ended it. */
  get ended(): Promise<number | null> {
    return this.#ended;
  }

  start(): void {
    const words = [...this.#preloads, bundled.main, '--role', this.roles];
    const child = spawn(process.execPath, words, {
      cwd: root,
      env: {
        ...{ PATH: process.env.PATH, NODE_COMPILE_CACHE: compiled, LOG_LEVEL: 'warn' },
        ...this.#environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    this.#child = child;
    this.#ended = once(child, 'close').then(([code]) => {
      if (this.#child === child) this.#child = undefined;
      if (this.#isSupervised && code === EXIT.unavailable) this.start();
      return code as number | null;
    });
  }

  /** Starts it as under a supervisor: whenever it ends because something else does not answer now, it is started again. */
  supervise(): void {
    this.#isSupervised = true;
    this.start();
  }

  async ready(): Promise<void> {
    for (const until = Date.now() + READY_MS; Date.now() < until; await pause(50)) {
      if (await isReady(this.url)) return;
      if (this.#child !== undefined) continue;
      // As whoever supervises it: what does not answer now is asked again.
      if ((await this.#ended) !== EXIT.unavailable) break;
      this.start();
    }
    const state = this.pid === 0 ? 'has ended' : 'still starts';
    throw new Error(`${this.name} ${state}, and did not become ready:\n${this.#output}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    this.signal(signal);
    const late = new AbortController();
    const code = await Promise.race([
      this.#ended,
      pause(END_MS, 'late' as const, { signal: late.signal }).catch(() => 'late' as const),
    ]).finally(() => late.abort());
    if (code !== 'late') return code;
    this.signal('SIGKILL');
    await this.#ended;
    throw new Error(`${this.name} did not end by ${signal}:\n${this.#output}`);
  }
}

/** Starts them all at once, in whatever order they find each other, and resolves when each is ready. */
export async function startRoles(options: RolesOptions): Promise<Roles> {
  const { readStore, bus, layout = replicated, preloads = [] } = options;
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'annals-roles-')));
  const servicePort = await freePort();
  const ports = new Map<string, number>();
  for (const name of Object.keys(layout)) ports.set(name, await freePort());
  const urlOf = (name: string): string => `http://127.0.0.1:${ports.get(name)}`;
  const namesWith = (role: string): readonly string[] =>
    Object.keys(layout).filter((name) => layout[name]?.split(',').includes(role));
  const [writeSide = ''] = namesWith('write-side');
  const entrance = await openEntrance({
    writeSide: urlOf(writeSide),
    readApis: namesWith('read-api').map(urlOf),
  });
  const environment = {
    ...{ READ_STORE: readStore, BUS: bus, DATA_DIR: folder, PUBLIC_URL: entrance.url },
    ...{ SERVICE_PORT: String(servicePort), SERVICE_URL: `http://127.0.0.1:${servicePort}` },
    ...unrationed,
    ...options.environment,
  };
  const all = Object.entries(layout).map(
    ([name, roles]) => new OneProcess(name, roles, ports.get(name) ?? 0, environment, preloads),
  );
  const named = (name: string): OneProcess => {
    const found = all.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no process ${name}`);
    return found;
  };
  const killAll = (): void => {
    for (const one of all) one.signal('SIGKILL');
  };
  process.once('exit', killAll);

  async function stop(): Promise<void> {
    const last = named(writeSide);
    for (const one of all) one.signal('SIGCONT');
    const ended = await Promise.allSettled(
      all.filter((one) => one !== last).map((one) => one.end('SIGTERM')),
    );
    ended.push(...(await Promise.allSettled([last.end('SIGTERM')])));
    await entrance.close();
    process.off('exit', killAll);
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    for (const outcome of ended) if (outcome.status === 'rejected') throw outcome.reason;
  }

  for (const one of all) one.start();
  try {
    await Promise.all(all.map((one) => one.ready()));
  } catch (error) {
    killAll();
    await stop().catch(() => undefined);
    throw error;
  }
  return {
    entrance,
    folder,
    processes: Object.fromEntries(all.map((one) => [one.name, one])),
    async kill(name) {
      await named(name).end('SIGKILL');
    },
    freeze: (name) => named(name).signal('SIGSTOP'),
    thaw: (name) => named(name).signal('SIGCONT'),
    end: (name) => named(name).end('SIGTERM'),
    async restart(name) {
      const one = named(name);
      if (one.pid !== 0) throw new Error(`${name} runs`);
      one.start();
      await one.ready();
    },
    stop,
  };
}
