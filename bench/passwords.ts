import { argon2 } from 'node:crypto';
import { join as path } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { PasswordHashing } from '#domain/kernel/ports/password-hashing.ts';
import { hashingLimits, threadedHashing } from '#engines/password-hashing/hashing.ts';
import { systemRandomBytes } from '#engines/random.ts';
import { type Passwords, passwords } from '#write-side/identity/passwords/passwords.ts';
import { givenClients, type Load } from './bids.ts';
import { openDeployment, openDoor } from './deployment.ts';
import { inTurns, perSecond } from './measuring.ts';
import {
  type Bench,
  type Details,
  percentile,
  type Row,
  type Run,
  ranRow,
  ratioAtLeast,
  ratioAtMost,
} from './row.ts';

const PASSWORD = 'correct horse battery staple';
/** One bid each so many milliseconds: far below what the platform takes, so that whatever is late was held up. */
const EVERY_MS = 20;
const CLIENTS = 4;
const LOTS = 4;
/** Those who would sign in at the same time, without an end. */
const SIGNING_IN = 16;
const RATE_GOAL = ratioAtLeast(0.8);
const BESIDE_GOAL = ratioAtMost(2);
const NANOSECONDS = 1e6;

/** argon2 on the pool of the runtime, as many at a time as they come: what would be there without threads of its own. */
const pooled = (): PasswordHashing => ({
  argon2id({ secret, salt, tagBytes, memoryKib, passes, lanes }) {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    argon2(
      'argon2id',
      { message: secret, nonce: salt, tagLength: tagBytes, memory: memoryKib, passes, parallelism: lanes },
      (error, tag) => (error ? reject(error) : resolve(tag)),
    );
    return promise;
  },
  close: () => Promise.resolve(),
});

interface Verifying {
  readonly hashing: PasswordHashing;
  readonly of: Passwords;
  readonly verifier: string;
}

async function givenPasswords(hashing: PasswordHashing): Promise<Verifying> {
  const of = passwords({ hashing, random: systemRandomBytes });
  return { hashing, of, verifier: await of.verifier(PASSWORD) };
}

/** So many in a closed loop, while it goes on. Answers how many were verified. */
async function signIns({ of, verifier }: Verifying, people: number, goesOn: () => boolean): Promise<number> {
  let verified = 0;
  await Promise.all(
    Array.from({ length: people }, async () => {
      while (goesOn()) {
        const { matches } = await of.verify(PASSWORD, verifier);
        if (!matches) throw new Error('the right password was called wrong');
        verified += 1;
      }
    }),
  );
  return verified;
}

async function rateOf(verifying: Verifying, people: number, roundMs: number): Promise<number> {
  const startedAt = performance.now();
  return perSecond(
    await signIns(verifying, people, () => performance.now() - startedAt < roundMs),
    startedAt,
  );
}

async function rateRow(run: Run): Promise<Row> {
  const rounds = run.short ? 1 : 5;
  const roundMs = run.short ? 300 : 2_000;
  const { threads } = hashingLimits;
  const ours = await givenPasswords(threadedHashing());
  const theirs = await givenPasswords(pooled());
  try {
    const rates = await inTurns(run, {
      name: 'passwords-rate',
      rounds,
      ours: () => rateOf(ours, SIGNING_IN, roundMs),
      theirs: () => rateOf(theirs, threads, roundMs),
    });
    return ranRow({
      name: 'passwords-rate',
      what: `passwords verified (argon2id, 19 MiB, two passes) on ${threads} threads behind the event loop`,
      value: rates.ours,
      unit: 'verifications/s',
      against: { what: `node:crypto’s argon2, ${threads} at a time`, value: rates.theirs },
      goal: RATE_GOAL,
      rounds,
      medianOf: `rounds of ${roundMs} ms`,
    });
  } finally {
    await ours.hashing.close();
  }
}

/** What bids, and the loop, met in all rounds of one kind. */
interface Met {
  readonly tookMs: number[];
  readonly loop: ReturnType<typeof monitorEventLoopDelay>;
  readonly rates: number[];
}
const none = (): Met => ({ tookMs: [], loop: monitorEventLoopDelay({ resolution: 1 }), rates: [] });

/** Bids at their times, however long the ones before take. */
async function pacedBids({ deployment, clients }: Load, ms: number, into: Met): Promise<void> {
  const startedAt = performance.now();
  const open: Promise<void>[] = [];
  async function bid(number: number, dueAt: number): Promise<void> {
    const client = clients[number % clients.length];
    const auction = client?.auctions[0];
    const bidder = client?.people[Math.floor(number / clients.length) % 2 === 0 ? 0 : 1];
    if (auction === undefined || bidder === undefined) throw new RangeError('a client without an auction');
    await deployment.bid(bidder, auction);
    into.tookMs.push(performance.now() - dueAt);
  }
  into.loop.enable();
  for (let number = 0; number * EVERY_MS < ms; number++) {
    const dueAt = startedAt + number * EVERY_MS;
    await pause(Math.max(0, dueAt - performance.now()));
    open.push(bid(number, dueAt));
  }
  await Promise.all(open);
  into.loop.disable();
}

async function beside(load: Load, ms: number, verifying: Verifying | undefined, into: Met): Promise<void> {
  if (verifying === undefined) return pacedBids(load, ms, into);
  let isOver = false;
  const startedAt = performance.now();
  const signing = signIns(verifying, SIGNING_IN, () => !isOver);
  await pacedBids(load, ms, into);
  isOver = true;
  into.rates.push(perSecond(await signing, startedAt));
}

const detailsOf = (what: string, { tookMs, loop, rates }: Met): Details => ({
  [`${what} bids p50 ms`]: percentile(tookMs, 0.5),
  [`${what} bids p99 ms`]: percentile(tookMs, 0.99),
  [`${what} loop p99 ms`]: loop.percentile(99) / NANOSECONDS,
  ...(rates.length > 0 && { [`${what} verifications/s`]: percentile(rates, 0.5) }),
});

async function besideRow(run: Run): Promise<Row> {
  const rounds = run.short ? 1 : 5;
  const roundMs = run.short ? 500 : 5_000;
  const deployment = await openDeployment(path(run.folder, 'deployment'), { limits: openDoor });
  const threads = await givenPasswords(threadedHashing());
  const pool = await givenPasswords(pooled());
  try {
    const load: Load = { deployment, clients: await givenClients(deployment, CLIENTS, LOTS) };
    const met = { alone: none(), threads: none(), pool: none() };
    // The first bids of a process are interpreted, and open its streams.
    await pacedBids(load, roundMs, none());
    for (let round = 0; round < rounds; round++) {
      await beside(load, roundMs, undefined, met.alone);
      await beside(load, roundMs, threads, met.threads);
      await beside(load, roundMs, pool, met.pool);
    }
    return ranRow({
      name: 'passwords-beside',
      what: `a bid each ${EVERY_MS} ms beside ${SIGNING_IN} who sign in without an end: p99 against alone`,
      value: percentile(met.threads.tookMs, 0.99),
      unit: 'ms',
      against: { what: 'alone', value: percentile(met.alone.tookMs, 0.99) },
      goal: BESIDE_GOAL,
      rounds,
      medianOf: `the p99 of ${met.threads.tookMs.length} bids in rounds of ${roundMs} ms`,
      details: {
        ...detailsOf('alone', met.alone),
        ...detailsOf('threads', met.threads),
        ...detailsOf('pool', met.pool),
      },
      note: '“threads” are those in use; “pool” is the same on the pool of the runtime, without a bound of its own.',
    });
  } finally {
    await threads.hashing.close();
    await deployment.close();
  }
}

/** What signing in costs, and what it costs those who bid meanwhile. */
export const passwordsBench: Bench = {
  name: 'passwords',
  measure: async (run) => [await rateRow(run), await besideRow(run)],
};
