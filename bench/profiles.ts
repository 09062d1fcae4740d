import { writeFileSync } from 'node:fs';
import { type NodeWorker, type Profiler, Session } from 'node:inspector';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A sample each so many microseconds: fine enough for rounds of a second. */
const SAMPLE_US = 250;
/** Functions named for each profile. */
const TOP = 15;
/** How long a worker may take to hand over its profile, in milliseconds. */
const WORKER_WAIT_MS = 10_000;

/** Where the time of one thread went. */
export interface Profiled {
  /** `append-64.cpuprofile`, and `append-64.worker-1.cpuprofile` for a thread beside it. */
  readonly file: string;
  /** Of the time sampled, the share in which the thread worked: 0 to 1. */
  readonly busy: number;
  /** The functions in which most of that work was done themselves, with their share of it. */
  readonly top: readonly Share[];
  /** The same by folder or package; what is built in counts for whoever called it. */
  readonly areas: readonly Share[];
}

/** A share of a thread's work, 0 to 1. */
export interface Share {
  readonly where: string;
  readonly share: number;
}

const IDLE = new Set(['(idle)', '(program)', '(root)']);

type Frame = Profiler.ProfileNode['callFrame'];

const named = ({ functionName, url, lineNumber }: Frame): string => {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name} ${basename(url)}:${lineNumber + 1}`;
};

/** What is built in says little by itself: it is named with whoever called it. */
const whereOf = (frame: Frame, caller: Frame | undefined): string =>
  frame.url === '' && caller !== undefined && caller.url !== ''
    ? `${named(frame)} ← ${named(caller)}`
    : named(frame);

/** Asleep, or at work for the profiler. A thread that waits on its bell does so in a function of that name. */
const isIdle = ({ functionName, url }: Frame): boolean =>
  IDLE.has(functionName) ||
  functionName === 'sleep' ||
  url === 'node:inspector' ||
  (functionName === 'wait' && url === '');

const ROOT = pathToFileURL(resolve(import.meta.dirname, '..')).href;

/** `engines/event-store`, `zod`, `node`; undefined for what is built into the language. */
function areaOf({ url }: Frame): string | undefined {
  const packaged = url.split('/node_modules/').at(-1);
  if (packaged !== undefined && packaged !== url)
    return packaged
      .split('/')
      .slice(0, packaged.startsWith('@') ? 2 : 1)
      .join('/');
  if (url.startsWith(`${ROOT}/`))
    return url
      .slice(ROOT.length + 1)
      .split('/')
      .slice(0, -1)
      .slice(0, 2)
      .join('/');
  return url.startsWith('node:') ? 'node' : undefined;
}

function spentByNode({ samples = [], timeDeltas = [] }: Profiler.Profile): ReadonlyMap<number, number> {
  const spent = new Map<number, number>();
  for (const [at, node] of samples.entries())
    spent.set(node, (spent.get(node) ?? 0) + Math.max(0, timeDeltas[at] ?? 0));
  return spent;
}

/** Adds up under names, and says what share of all each has. */
function tally() {
  const spent = new Map<string, number>();
  let all = 0;
  return {
    add(where: string, time: number): void {
      spent.set(where, (spent.get(where) ?? 0) + time);
      all += time;
    },
    all: (): number => all,
    top: (): readonly Share[] =>
      [...spent]
        .sort(([, a], [, b]) => b - a)
        .slice(0, TOP)
        .map(([where, time]) => ({ where, share: time / all })),
  };
}

function summary(file: string, taken: Profiler.Profile): Profiled {
  const spent = spentByNode(taken);
  const callers = new Map<number, Profiler.ProfileNode>();
  for (const node of taken.nodes) for (const id of node.children ?? []) callers.set(id, node);
  const places = tally();
  const areas = tally();
  for (const { id, callFrame } of taken.nodes) {
    if (isIdle(callFrame)) continue;
    const own = spent.get(id) ?? 0;
    places.add(whereOf(callFrame, callers.get(id)?.callFrame), own);
    let area = areaOf(callFrame);
    for (let at = callers.get(id); area === undefined && at !== undefined; at = callers.get(at.id))
      area = areaOf(at.callFrame);
    areas.add(area ?? callFrame.functionName, own);
  }
  const total = [...spent.values()].reduce((sum, own) => sum + own, 0);
  return { file, busy: total === 0 ? 0 : places.all() / total, top: places.top(), areas: areas.top() };
}

const posted = <T>(post: (done: (error: Error | null, result?: T) => void) => void): Promise<T> =>
  new Promise((resolve, reject) => post((error, result) => (error ? reject(error) : resolve(result as T))));

interface ThreadMessage {
  readonly id?: number;
  readonly result?: { readonly profile?: Profiler.Profile };
}

/** The profilers of the process's worker threads, spoken to through the one of the main thread. */
async function workerProfilers(session: Session) {
  const threads = new Map<string, string>();
  const profiles = new Map<string, Profiler.Profile>();
  let arrived = (): void => undefined;
  session.on(
    'NodeWorker.attachedToWorker',
    ({ params }: { params: NodeWorker.AttachedToWorkerEventDataType }) => {
      threads.set(params.sessionId, params.workerInfo.workerId);
    },
  );
  session.on(
    'NodeWorker.receivedMessageFromWorker',
    ({ params }: { params: NodeWorker.ReceivedMessageFromWorkerEventDataType }) => {
      const { result } = JSON.parse(params.message) as ThreadMessage;
      if (result?.profile === undefined) return;
      profiles.set(threads.get(params.sessionId) ?? params.sessionId, result.profile);
      arrived();
    },
  );
  const tell = (method: string, params: object = {}): void => {
    for (const sessionId of threads.keys()) {
      const message = JSON.stringify({ id: 1, method, params });
      session.post('NodeWorker.sendMessageToWorker', { sessionId, message });
    }
  };
  await posted((done) => session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, done));
  return {
    start(): void {
      tell('Profiler.enable');
      tell('Profiler.setSamplingInterval', { interval: SAMPLE_US });
      tell('Profiler.start');
    },
    /** By the number of the thread; those that have ended meanwhile, or do not answer in time, are left out. */
    async stop(): Promise<ReadonlyMap<string, Profiler.Profile>> {
      tell('Profiler.stop');
      const until = performance.now() + WORKER_WAIT_MS;
      while (profiles.size < threads.size && performance.now() < until) {
        const { promise, resolve } = Promise.withResolvers<void>();
        arrived = resolve;
        const timer = setTimeout(resolve, until - performance.now());
        await promise;
        clearTimeout(timer);
      }
      return profiles;
    },
  };
}

/** Runs the work with every thread of the process profiled, and writes a file for each into the folder. */
export async function profile(
  folder: string,
  name: string,
  work: () => Promise<unknown>,
): Promise<readonly Profiled[]> {
  const session = new Session();
  session.connect();
  try {
    const workers = await workerProfilers(session);
    await posted((done) => session.post('Profiler.enable', done));
    await posted((done) => session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US }, done));
    workers.start();
    await posted((done) => session.post('Profiler.start', done));
    await work();
    const main = await posted<Profiler.StopReturnType>((done) => session.post('Profiler.stop', done));
    const threads = [
      [`${name}.cpuprofile`, main.profile] as const,
      ...[...(await workers.stop())].map(
        ([id, taken]) => [`${name}.worker-${id}.cpuprofile`, taken] as const,
      ),
    ];
    return threads.map(([file, taken]) => {
      writeFileSync(join(folder, file), JSON.stringify(taken));
      return summary(file, taken);
    });
  } finally {
    session.disconnect();
  }
}
