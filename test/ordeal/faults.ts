import { setTimeout as pause } from 'node:timers/promises';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import type { RoleProcess, Roles } from '#test/engines/role-processes.ts';
import type { Servers } from '#test/engines/servers.ts';
import { allPassed, allReady, healthAt, lagAt, movedFrom, partsHeldBy, soon } from './watch.ts';

// What is done to a platform under load, one thing at a time, and how long it takes until all is well again.

export type Engine = 'mongodb' | 'kafka';
export type Fault =
  /** SIGKILL, and a start at once; of a role with a replica when that has taken over. */
  | { readonly kind: 'kill'; readonly target: string }
  /** A server that is gone for at least so long. */
  | { readonly kind: 'outage'; readonly target: Engine; readonly forMs: number }
  /** SIGSTOP, longer than a lease. */
  | { readonly kind: 'pause'; readonly target: string; readonly forMs: number };

/** Times in milliseconds. */
export interface Endured {
  readonly fault: Fault;
  /** From the fault until another process had every part of the one that was hit. */
  readonly movedMs: number | undefined;
  /** From the fault, or where nobody can take over from the end of it, until the feeds had told of what was recorded meanwhile. */
  readonly feedsMs: number;
  /** From the end of the fault until every process said that it is ready, and until every consumer had passed what was recorded by then. */
  readonly readyMs: number;
  readonly drainedMs: number;
  /** The farthest that any consumer of the hit roles was behind, before the fault and in it. */
  readonly lag: { readonly before: number; readonly most: number } | undefined;
  /** Commands that were answered in it. */
  readonly answered: number;
}

/** A platform at work, and how it is looked at. */
export interface Scene {
  readonly roles: Roles;
  readonly servers: Servers;
  readonly readStore: ReadStore;
  readonly store: Pick<EventStore, 'head'>;
  /** Answers that clients have heard so far. */
  readonly heard: () => number;
  /** How far the feed of all events has told. */
  readonly told: () => bigint;
}

/** A process that has just been killed may still be seen. */
const GONE_MS = 300;
/** Answers that have to come while a server is away, so that it is plain that commands go on. */
const ANSWERS = 20;

const hasReplica = (name: string): boolean => /^(projections|publisher|read-api)-/.test(name);
const sharesWork = (name: string): boolean => /^(projections|publisher)-/.test(name);

function processNamed({ roles }: Scene, name: string): RoleProcess {
  const found = roles.processes[name];
  if (found === undefined) throw new Error(`there is no process ${name}`);
  return found;
}

const feedsPass = ({ told }: Scene, position: bigint): Promise<number> =>
  soon(
    `the feeds tell of ${position}`,
    async () => told(),
    (seen) => seen >= position,
  );

/** Until the feeds tell of what is recorded from now on. */
async function feedsGoOn(scene: Scene): Promise<number> {
  const { store } = scene;
  const began = performance.now();
  const before = await store.head();
  await soon('something is recorded', store.head, (head) => head > before);
  await feedsPass(scene, await store.head());
  return Math.round(performance.now() - began);
}

/** From now on. */
async function untilWell(scene: Scene): Promise<Pick<Endured, 'feedsMs' | 'readyMs' | 'drainedMs'>> {
  const head = await scene.store.head();
  const [feedsMs, readyMs, drainedMs] = await Promise.all([
    feedsPass(scene, head),
    allReady(scene.roles),
    allPassed(scene.readStore, head),
  ]);
  return { feedsMs, readyMs, drainedMs };
}

/** The parts of a process that shares its work: it has some, or will get some. */
async function partsOf(scene: Scene, name: string): Promise<readonly string[]> {
  if (!sharesWork(name)) return [];
  const one = processNamed(scene, name);
  await soon(
    `${name} has a part`,
    () => partsHeldBy(one),
    (parts) => parts.length > 0,
  );
  return partsHeldBy(one);
}

async function kill(scene: Scene, fault: Fault): Promise<Endured> {
  const { target } = fault;
  const { roles, readStore, heard } = scene;
  const parts = await partsOf(scene, target);
  const before = await readStore.consumers.all();
  const answered = heard();
  await roles.kill(target);
  const moving = parts.length === 0 ? undefined : movedFrom(readStore, before, parts);
  // Whoever has a replica is not waited for.
  const feeding = hasReplica(target) ? feedsGoOn(scene) : undefined;
  const [movedMs, feedsMs] = await Promise.all([moving, feeding]);
  await roles.restart(target);
  const well = await untilWell(scene);
  const told = { ...well, feedsMs: feedsMs ?? well.feedsMs };
  return { fault, movedMs, ...told, lag: undefined, answered: heard() - answered };
}

async function hold(scene: Scene, fault: Extract<Fault, { kind: 'pause' }>): Promise<Endured> {
  const { target, forMs } = fault;
  const { roles, readStore, heard } = scene;
  const parts = await partsOf(scene, target);
  const before = await readStore.consumers.all();
  const answered = heard();
  roles.freeze(target);
  try {
    const [movedMs, feedsMs] = await Promise.all([
      parts.length === 0 ? undefined : movedFrom(readStore, before, parts),
      feedsGoOn(scene),
      pause(forMs),
    ]);
    roles.thaw(target);
    const well = await untilWell(scene);
    return { fault, movedMs, ...well, feedsMs, lag: undefined, answered: heard() - answered };
  } finally {
    roles.thaw(target);
  }
}

/** Whose work does not go on without an engine, and who serves people all the same. */
const LOST: Readonly<Record<Engine, { readonly stopped: RegExp; readonly serving: readonly string[] }>> = {
  mongodb: { stopped: /^projections-/, serving: ['write-side', 'read-api-1', 'read-api-2'] },
  kafka: { stopped: /^publisher-/, serving: ['write-side'] },
};

/** While it is away: red where the work stands, degraded and in use where people are served; lag rises, commands and feeds go on. */
async function whileAway(scene: Scene, engine: Engine, lagBefore: number): Promise<number> {
  const { roles, heard } = scene;
  const { stopped, serving } = LOST[engine];
  const all = Object.values(roles.processes);
  const hit = all.filter(({ name }) => stopped.test(name));
  const from = heard();
  const lag = async (): Promise<number> => Math.max(...(await Promise.all(hit.map(lagAt))));
  await Promise.all([
    ...hit.map((one) =>
      soon(
        `${one.name} is red`,
        () => healthAt(one),
        ({ httpStatus, troubles }) => httpStatus === 503 && Object.values(troubles).join().includes(engine),
      ),
    ),
    ...all
      .filter(({ name }) => serving.includes(name))
      .map((one) =>
        soon(
          `${one.name} serves, and says what it lacks`,
          () => healthAt(one),
          ({ httpStatus, status }) => httpStatus === 200 && status === 'degraded',
        ),
      ),
    soon(
      'commands go on',
      async () => heard() - from,
      (answers) => answers >= ANSWERS,
    ),
    soon('lag rises', lag, (seen) => seen > lagBefore + ANSWERS),
  ]);
  await feedsGoOn(scene);
  return lag();
}

/** A server is killed, and started again behind what is done in between. */
async function without<T>(scene: Scene, engine: Engine, meanwhile: () => Promise<T>): Promise<T> {
  const server = scene.servers[engine];
  server.signal('SIGKILL');
  try {
    await pause(GONE_MS);
    return await meanwhile();
  } finally {
    await server.start();
  }
}

async function killServer(scene: Scene, fault: Fault & { readonly target: Engine }): Promise<Endured> {
  const answered = scene.heard();
  await without(scene, fault.target, async () => undefined);
  const well = await untilWell(scene);
  return { fault, movedMs: undefined, ...well, lag: undefined, answered: scene.heard() - answered };
}

async function outage(scene: Scene, fault: Extract<Fault, { kind: 'outage' }>): Promise<Endured> {
  const { target, forMs } = fault;
  const { heard, roles } = scene;
  const answered = heard();
  const { stopped } = LOST[target];
  const hit = Object.values(roles.processes).filter(({ name }) => stopped.test(name));
  const before = Math.max(...(await Promise.all(hit.map(lagAt))));
  const most = await without(scene, target, async () => {
    const [lag] = await Promise.all([whileAway(scene, target, before), pause(forMs)]);
    return Math.max(lag, ...(await Promise.all(hit.map(lagAt))));
  });
  const inIt = heard() - answered;
  const well = await untilWell(scene);
  return { fault, movedMs: undefined, ...well, lag: { before, most }, answered: inIt };
}

const isEngine = (target: string): target is Engine => target === 'mongodb' || target === 'kafka';

/** Does it, and waits until all is well. @throws Error saying what was waited for in vain */
export function endure(scene: Scene, fault: Fault): Promise<Endured> {
  if (fault.kind === 'outage') return outage(scene, fault);
  if (fault.kind === 'pause') return hold(scene, fault);
  const { target } = fault;
  return isEngine(target) ? killServer(scene, { ...fault, target }) : kill(scene, fault);
}
