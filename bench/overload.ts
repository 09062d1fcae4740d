import { join as path } from 'node:path';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pipelineOf } from '#compose/write-side.ts';
import type { Actor } from '#domain/kernel/actor.ts';
import type { Reply } from '#domain/kernel/envelope.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import { retryAfterMs } from '#runtime/wire.ts';
import type { Pipeline } from '#write-side/pipeline/pipeline.ts';
import { type Deployment, givenAuctions, givenBidders, join, openDeployment } from './deployment.ts';
import { type Bench, percentile, type Row, ranRow, ratioAtMost, valueAtMost } from './row.ts';

const AUCTIONS = 20;
const BIDDERS = 400;
/** How many clients, each with one bid at a time, are tried to find what the platform sustains. */
const CLIENTS = [1, 2, 4, 8, 16, 32];
const TIMES = 10;
/** Latencies without load are taken at this share of the sustainable rate. */
const LIGHT = 1 / 10;
/** An accepted bid may take so many times longer under the flood. */
const LONGER = 3;
const RECOVERY_MS = 5_000;
/** The platform has recovered at the end of the first such window in which everything is as before. */
const WINDOW_MS = 250;
const MEBIBYTE = 2 ** 20;
/** Far below what those who were refused would hold if they were kept, above what the bounded caches take. */
const MOST_HEAP_MB = 512;

/** What was answered in a stretch of time. */
interface Answers {
  /** In milliseconds, of those accepted. */
  readonly accepted: readonly number[];
  readonly refused: number;
  /** Of the refused, those who were told when to come again. */
  readonly hinted: number;
  readonly sent: number;
  readonly seconds: number;
}

interface Crowd {
  inFlight: number;
  queued: number;
  /** Events that a view had not seen yet. */
  behind: number;
  /** Garbage that waits to be collected included. */
  heapMb: number;
  /** Behind a full collection: what somebody still holds. */
  heldMb: number;
}

/** Collects what nobody holds any more, then says how much is held. */
function heldMb(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed / MEBIBYTE;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const perSecond = ({ accepted, seconds }: Answers): number => accepted.length / seconds;
const p99 = ({ accepted }: Answers): number => percentile(accepted, 0.99);

/** Sends one bid more. */
type SendBid = () => Promise<{ readonly reply: Reply; readonly tookMs: number }>;

/** What becomes of bids, counted from now on. */
function recorder(send: SendBid) {
  const startedAt = performance.now();
  const accepted: number[] = [];
  const counts = { refused: 0, hinted: 0, sent: 0 };
  return {
    /** Sends one; answers in how many milliseconds it may come again, where it was told so. */
    async bid(): Promise<number | undefined> {
      counts.sent += 1;
      const { reply, tookMs } = await send();
      if (reply.outcome === 'accepted') accepted.push(tookMs);
      if (reply.outcome !== 'rejected' || reply.rejection.code !== 'overloaded') return undefined;
      const hint = retryAfterMs(reply.rejection);
      counts.refused += 1;
      if (hint !== undefined) counts.hinted += 1;
      return hint;
    },
    answers: (): Answers => ({ accepted, ...counts, seconds: (performance.now() - startedAt) / 1_000 }),
  };
}

/** Bids go round all bidders, each in their auction. */
async function bidsTo(deployment: Deployment, pipeline: Pipeline): Promise<SendBid> {
  const auctions = await givenAuctions(deployment, 'a', AUCTIONS);
  const bidders = await givenBidders(deployment, 'b', BIDDERS);
  for (const [at, auctionId] of auctions.entries())
    await join(
      deployment,
      auctionId,
      bidders.filter((_, bidder) => bidder % AUCTIONS === at),
    );
  let next = 0;
  return async () => {
    next += 1;
    const bidder = bidders[next % BIDDERS] as Actor;
    const auctionId = auctions[(next % BIDDERS) % AUCTIONS] ?? '';
    const sentAt = performance.now();
    const reply = await deployment.bid(bidder, auctionId, { through: pipeline });
    return { reply, tookMs: performance.now() - sentAt };
  };
}

/** The platform with the admission control that is measured. */
async function stageOf(deployment: Deployment) {
  const pipeline: Pipeline = pipelineOf(deployment.engines, noLog);
  const send = await bidsTo(deployment, pipeline);

  /** Clients that wait for their answer, and come again when they are told to. */
  async function closedLoop(clients: number, ms: number): Promise<Answers> {
    const { bid, answers } = recorder(send);
    const until = performance.now() + ms;
    async function client(): Promise<void> {
      while (performance.now() < until) {
        const hint = await bid();
        if (hint !== undefined) await pause(Math.min(hint, ms / 10));
      }
    }
    await Promise.all(Array.from({ length: clients }, client));
    return answers();
  }

  /** Bids that come at a rate, whatever becomes of those before. `look` is called between them. */
  async function openLoop(rate: number, ms: number, look: () => void = () => undefined): Promise<Answers> {
    const { bid, answers } = recorder(send);
    const startedAt = performance.now();
    const open = new Set<Promise<unknown>>();
    let sent = 0;
    for (let passed = 0; passed < ms; passed = performance.now() - startedAt) {
      for (; sent < (passed * rate) / 1_000; sent++) {
        const one = bid().finally(() => open.delete(one));
        open.add(one);
      }
      look();
      await nextTurn();
    }
    const seen = answers();
    await Promise.all(open);
    return seen;
  }
  return { pipeline, closedLoop, openLoop };
}

type Stage = Awaited<ReturnType<typeof stageOf>>;

/** The most bids a second at which an answer still takes at most so many times what it takes one client alone. */
async function sustainable({ closedLoop }: Stage, ms: number): Promise<number> {
  const alone = p99(await closedLoop(1, ms));
  let most = 0;
  for (const clients of CLIENTS) {
    const answers = await closedLoop(clients, ms);
    if (p99(answers) <= LONGER * alone) most = Math.max(most, perSecond(answers));
  }
  return most;
}

/** How long a light load takes to be answered as before: nobody refused, the middle answer as quick. */
async function recovery({ openLoop }: Stage, rate: number, usualMs: number): Promise<number> {
  const startedAt = performance.now();
  for (let passed = 0; passed < 4 * RECOVERY_MS; passed = performance.now() - startedAt) {
    const { accepted, refused } = await openLoop(rate, WINDOW_MS);
    if (refused === 0 && accepted.length > 0 && percentile(accepted, 0.5) <= usualMs)
      return performance.now() - startedAt;
  }
  return performance.now() - startedAt;
}

/** Looks at the platform a hundred times a second at most, since looking takes time as well. */
function watchOver({ pipeline }: Stage, { engines, views }: Deployment) {
  const crowd: Crowd = { inFlight: 0, queued: 0, behind: 0, heapMb: 0, heldMb: 0 };
  let lookedAt = 0;
  let head = 0n;
  const look = (): void => {
    const now = performance.now();
    const { inFlight, queued } = pipeline.status();
    crowd.inFlight = Math.max(crowd.inFlight, inFlight.external);
    crowd.queued = Math.max(crowd.queued, queued.commands);
    if (now - lookedAt < 10) return;
    lookedAt = now;
    crowd.heapMb = Math.max(crowd.heapMb, process.memoryUsage().heapUsed / MEBIBYTE);
    for (const { position } of views?.status() ?? [])
      crowd.behind = Math.max(crowd.behind, Number(head - position));
    void engines.store.head().then((position) => {
      head = position;
    });
  };
  const collections = new PerformanceObserver((list) => {
    const isFull = (entry: object): boolean =>
      (entry as { detail?: { kind?: unknown } }).detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
    if (list.getEntries().some(isFull))
      crowd.heldMb = Math.max(crowd.heldMb, process.memoryUsage().heapUsed / MEBIBYTE);
  });
  collections.observe({ entryTypes: ['gc'] });
  const end = (): void => {
    collections.disconnect();
    crowd.heldMb = Math.max(crowd.heldMb, heldMb());
  };
  return { crowd, look, end };
}

/** What was seen before the flood, in it and behind it. */
interface Seen {
  readonly rate: number;
  readonly light: Answers;
  readonly flood: Answers;
  readonly crowd: Crowd;
  readonly recoveredMs: number;
  /** In MiB, behind a full collection. */
  readonly before: number;
  readonly after: number;
}

const acceptedRow = (what: string, { rate, light, flood, crowd }: Seen): Row =>
  ranRow({
    name: 'overload-accepted',
    what: `${what}: p99 of the accepted against that of a tenth of the sustainable`,
    value: p99(flood),
    unit: 'ms',
    against: { what: 'a light load', value: p99(light) },
    goal: ratioAtMost(LONGER),
    rounds: 1,
    medianOf: `${flood.accepted.length} accepted bids`,
    details: {
      'sustainable bids/s': rate,
      'offered bids/s': flood.sent / flood.seconds,
      'accepted bids/s': perSecond(flood),
      'p50 ms': percentile(flood.accepted, 0.5),
      'p95 ms': percentile(flood.accepted, 0.95),
      'light p50 ms': percentile(light.accepted, 0.5),
      'light p95 ms': percentile(light.accepted, 0.95),
      'most in flight': crowd.inFlight,
      'most queued': crowd.queued,
      'most events a view was behind': crowd.behind,
    },
    note: 'The load is made in the same thread, so refusing it is part of what the platform has to do.',
  });

const refusedRow = (what: string, { flood }: Seen): Row =>
  ranRow({
    name: 'overload-refused',
    what: `${what}: the refused who were not told when to come again`,
    value: flood.refused - flood.hinted,
    unit: 'bids',
    goal: valueAtMost(0),
    rounds: 1,
    medianOf: `${flood.refused} refused bids`,
  });

const recoveryRow = (what: string, { recoveredMs }: Seen): Row =>
  ranRow({
    name: 'overload-recovery',
    what: `${what}, then a light load: until it is answered as before`,
    value: recoveredMs,
    unit: 'ms',
    goal: valueAtMost(RECOVERY_MS),
    rounds: 1,
    medianOf: `windows of ${WINDOW_MS} ms`,
  });

const memoryRow = (what: string, { crowd, before, after }: Seen): Row =>
  ranRow({
    name: 'overload-memory',
    what: `${what}: the most that was held behind a full collection`,
    value: crowd.heldMb,
    unit: 'MiB',
    goal: valueAtMost(before + MOST_HEAP_MB),
    rounds: 1,
    medianOf: 'full collections, one at the end among them',
    details: { 'held before': before, 'held after': after, 'heap at its largest': crowd.heapMb },
    note: 'What is held counts the bounded caches: heads with the commands they remember, the tail of the history. The heap at its largest is garbage for the most part: the engine collects it when it is due.',
  });

async function measure(run: Parameters<Bench['measure']>[0]): Promise<readonly Row[]> {
  const deployment = await openDeployment(path(run.folder, 'deployment'));
  const stage = await stageOf(deployment);
  try {
    const seconds = run.short ? 5 : 60;
    const lookMs = run.short ? 500 : 3_000;
    // The code is compiled as it is used: a platform that has just been opened is not the one that is asked about.
    await stage.closedLoop(8, lookMs);
    const rate = await sustainable(stage, lookMs);
    const light = await stage.openLoop(rate * LIGHT, 4 * lookMs);
    const before = heldMb();
    const { crowd, look, end } = watchOver(stage, deployment);
    const flood = await stage.openLoop(rate * TIMES, seconds * 1_000, look);
    end();
    const recoveredMs = await recovery(stage, rate * LIGHT, 1.5 * percentile(light.accepted, 0.5));
    const seen = { rate, light, flood, crowd, recoveredMs, before, after: heldMb() };
    const what = `${TIMES} times the sustainable bids for ${seconds} s`;
    return [acceptedRow, refusedRow, recoveryRow, memoryRow].map((row) => row(what, seen));
  } finally {
    await stage.pipeline.drain();
    await deployment.close();
  }
}

/** What becomes of the accepted, of the refused, and of the platform, when far more comes than it can do. */
export const overloadBench: Bench = { name: 'overload', measure };
