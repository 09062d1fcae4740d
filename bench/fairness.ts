import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Session } from '#demo/api.ts';
import type { Flooded } from './flooding.ts';
import { type Bench, type Details, percentile, type Row, ranRow, valueAtMost } from './row.ts';
import { givenAuctions, givenBidder, type Served, serve } from './served.ts';

/** One person's connections, every one of them busy all the time. */
const CONNECTIONS = 150;
/** Between two commands of the quiet person, whatever becomes of the one before. */
const EVERY_MS = 100;
/** Before the quiet person is measured, a flood has settled, and code is compiled. */
const SETTLE_MS = 1_000;
/** A quiet person may wait so long beside the flood: longer than alone, and not so that anybody notices. */
const MOST_MS = 50;
const FLOODS = ['bids', 'sockets'] as const;
type Flood = (typeof FLOODS)[number];

/** A client that is told to come again gives up so long after it was to send, in milliseconds. */
const PATIENCE_MS = 5_000;

/** What the quiet person has met. */
interface Quiet {
  /** In milliseconds from when each transfer was to be sent to the answer that was no "come again". */
  readonly tookMs: number[];
  /** How often one was told to come again. */
  sentAgain: number;
  /** Those that were told so until their time was over, or met another no. */
  refused: number;
}

const TRANSFER = JSON.stringify({ to: 'sam', amount: '1', currency: 'USD' });
const Again = z.object({ details: z.object({ retryAfterMs: z.number() }) });

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A client in a process that does nothing else: what it waits for is the platform, and the machine. */
function quietClient({ url }: Served, { authorization }: Session) {
  const agent = new Agent({ keepAlive: true });
  let sent = 0;

  function send(body: string, commandId: string): Promise<Answer> {
    const type = { 'content-type': 'application/json', 'content-length': body.length };
    const headers = { authorization, 'idempotency-key': commandId, ...type };
    return new Promise((resolve, reject) => {
      const path = `${url}/commands/wallets/transfer`;
      const asked = request(path, { method: 'POST', agent, headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      });
      asked.on('error', (error: Error & { readonly code?: string }) => {
        // A connection that has been idle may be ended in the moment it is used again; every client sends once more.
        if (!asked.reusedSocket || error.code !== 'ECONNRESET') reject(error);
        else send(body, commandId).then(resolve, reject);
      });
      asked.end(body);
    });
  }

  /** Sends a little money to a friend: one decision on a stream of the person's own, and no two of them are in each other's way. */
  async function transfer(into: Quiet, dueAt: number): Promise<void> {
    sent += 1;
    const commandId = `transfer-${sent}`;
    for (;;) {
      const { status, body } = await send(TRANSFER, commandId);
      const tookMs = performance.now() - dueAt;
      if (status !== 503 || tookMs >= PATIENCE_MS) {
        into.tookMs.push(tookMs);
        if (status !== 200) into.refused += 1;
        return;
      }
      into.sentAgain += 1;
      await pause(Again.parse(JSON.parse(body)).details.retryAfterMs);
    }
  }

  return {
    async transfers(into: Quiet, ms: number): Promise<void> {
      const startedAt = performance.now();
      const open: Promise<void>[] = [];
      for (let dueAt = startedAt; dueAt < startedAt + ms; dueAt += EVERY_MS) {
        await pause(Math.max(0, dueAt - performance.now()));
        open.push(transfer(into, dueAt));
      }
      await Promise.all(open);
    },
    close: () => agent.destroy(),
  };
}

/** Floods while `work` is done. */
async function beside(
  flood: Flood,
  { url }: Served,
  loud: Session,
  work: () => Promise<void>,
): Promise<Flooded> {
  const words = [flood, url, loud.authorization, 'loud', String(CONNECTIONS)];
  const child = fork(join(import.meta.dirname, 'flooding.ts'), words);
  try {
    await pause(SETTLE_MS);
    await work();
    child.send('end');
    const [answers] = await once(child, 'message');
    return answers as Flooded;
  } finally {
    child.kill();
  }
}

async function measure(run: Parameters<Bench['measure']>[0]): Promise<readonly Row[]> {
  const rounds = run.short ? 1 : 3;
  const roundMs = run.short ? 1_000 : 15_000;
  const served = await serve(join(run.folder, 'deployment'));
  try {
    const [quiet, loud] = [await givenBidder(served.api, 'quiet'), await givenBidder(served.api, 'loud')];
    await givenAuctions(served.api, [['loud', loud]]);
    const client = quietClient(served, quiet);
    const none = (): Quiet => ({ tookMs: [], sentAgain: 0, refused: 0 });
    const alone = none();
    const met = { bids: none(), sockets: none() };
    const flooded: Record<Flood, Flooded> = { bids: {}, sockets: {} };
    // The code is compiled as it is used: a platform that has just been opened is not the one that is asked about.
    for (const flood of FLOODS) await beside(flood, served, loud, () => client.transfers(none(), SETTLE_MS));
    for (let round = 0; round < rounds; round++) {
      await pause(SETTLE_MS);
      await client.transfers(alone, roundMs);
      for (const flood of FLOODS)
        flooded[flood] = await beside(flood, served, loud, () => client.transfers(met[flood], roundMs));
    }
    client.close();
    return FLOODS.map((flood) =>
      rowOf(flood, { alone, met: met[flood], flooded: flooded[flood], rounds, roundMs }),
    );
  } finally {
    await served.stop();
  }
}

const WHAT = {
  bids: 'bidding by REST in a closed loop',
  sockets: 'asking and subscribing on sockets in a closed loop',
} as const;

function rowOf(
  flood: Flood,
  of: { alone: Quiet; met: Quiet; flooded: Flooded; rounds: number; roundMs: number },
): Row {
  const { alone, met, flooded, rounds, roundMs } = of;
  const details: Details = {
    'p50 ms': percentile(met.tookMs, 0.5),
    'p95 ms': percentile(met.tookMs, 0.95),
    'longest ms': percentile(met.tookMs, 1),
    'alone p50 ms': percentile(alone.tookMs, 0.5),
    'sent again': met.sentAgain,
    refused: met.refused,
    ...Object.fromEntries(Object.entries(flooded).map(([answer, times]) => [`flood met ${answer}`, times])),
  };
  return ranRow({
    name: `fairness-${flood}`,
    what: `a quiet person’s transfer each ${EVERY_MS} ms beside one with ${CONNECTIONS} connections ${WHAT[flood]}: p99 against alone`,
    value: percentile(met.tookMs, 0.99),
    unit: 'ms',
    against: { what: 'alone', value: percentile(alone.tookMs, 0.99) },
    goal: valueAtMost(MOST_MS),
    rounds,
    medianOf: `the p99 of ${met.tookMs.length} transfers in rounds of ${roundMs} ms`,
    details,
    note: 'Over HTTP, each side in a process of its own; what the flood met is of the last round. All share the machine.',
  });
}

/** What one person’s flood costs another who asks for little. */
export const fairnessBench: Bench = { name: 'fairness', measure };
