import { join } from 'node:path';
import { openHistory } from '#compose/stores.ts';
import { systemClock } from '#engines/clock/system.ts';
import { asError } from '#runtime/reason.ts';
import { counter, portAppends } from './appends.ts';
import { inTurns, medianOfRounds, perSecond, timingOf } from './measuring.ts';
import { data, metadata, STREAMS } from './raw-sqlite.ts';
import type { Rival } from './rivals/rival.ts';
import { type Bench, median, ranRow, ratioAtLeast } from './row.ts';

const GOAL = ratioAtLeast(10);
/** The goal is for so many. With one in flight everybody waits for the disk. */
const GOAL_IN_FLIGHT = 64;
/** A round of a rival may take much longer than was asked for, while its callers wait for locks. */
const MOST_ROUNDS = 3;

interface Round {
  /** Appends that succeeded, per second. */
  readonly rate: number;
  readonly failed: number;
  readonly succeeded: number;
}

/** The same callers as through our port; an append that fails is counted, and its caller goes on with the next. */
async function rivalAppends(
  rival: Rival,
  options: {
    readonly inFlight: number;
    readonly roundMs: number;
    readonly next: () => number;
    readonly codes: Map<string, number>;
  },
): Promise<Round> {
  const { inFlight, roundMs, next, codes } = options;
  const startedAt = performance.now();
  let succeeded = 0;
  let failed = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() - startedAt < roundMs) {
        try {
          await rival.append(`auction-${1 + (next() % STREAMS)}`, { type: 'BidAccepted', data, metadata });
          succeeded += 1;
        } catch (error) {
          failed += 1;
          const code = String((error as { readonly code?: unknown }).code ?? error);
          codes.set(code, (codes.get(code) ?? 0) + 1);
        }
      }
    }),
  );
  return { rate: perSecond(succeeded, startedAt), succeeded, failed };
}

/** Another event store doing the same appends of single events, in turns with ours. */
function against(name: string, inFlight: number, open: (folder: string) => Promise<Rival>): Bench {
  const what = `durable appends of one event, ${inFlight} in flight`;
  const goal = inFlight === GOAL_IN_FLIGHT ? { goal: GOAL } : {};
  return {
    name,
    async measure(run) {
      const missed = (error: unknown) => {
        const { message } = asError(error);
        const isAbsent = (error as { readonly code?: unknown }).code === 'ERR_MODULE_NOT_FOUND';
        const why = isAbsent ? 'it is not installed: npm run bench:rivals' : message;
        return [{ ran: false as const, name, what, ...goal, why }];
      };
      let rival: Rival;
      try {
        rival = await open(run.folder);
      } catch (error) {
        return missed(error);
      }
      const store = await openHistory(
        { profile: 'embedded', folder: join(run.folder, 'port') },
        { clock: systemClock() },
      );
      const timing = timingOf(run);
      const rounds = Math.min(timing.rounds, MOST_ROUNDS);
      const { roundMs } = timing;
      const next = counter();
      const codes = new Map<string, number>();
      const theirs: Round[] = [];
      try {
        const rates = await inTurns(run, {
          name,
          rounds,
          ours: () => portAppends(store, { inFlight, roundMs, next }),
          async theirs() {
            const round = await rivalAppends(rival, { inFlight, roundMs, next, codes });
            theirs.push(round);
            return round.rate;
          },
        });
        if (rates.theirs === 0)
          return missed(new Error(`none of its appends succeeded: ${[...codes.keys()].join('; ')}`));
        const failed = theirs.reduce((sum, round) => sum + round.failed, 0);
        const row = ranRow({
          name,
          what,
          value: rates.ours,
          unit: 'events/s',
          against: { what: rival.what, value: rates.theirs },
          ...goal,
          rounds,
          medianOf: medianOfRounds(timing),
          details: {
            'its appends that succeeded in a round': median(theirs.map((round) => round.succeeded)),
            'its appends that failed in a round': median(theirs.map((round) => round.failed)),
          },
          ...(failed > 0 && {
            note: `Of its appends ${failed} failed: ${[...codes].map(([code, count]) => `${code} ${count} times`).join(', ')}. Ours all succeeded.`,
          }),
        });
        return [row];
      } finally {
        await store.close();
        await rival.close();
      }
    },
  };
}

// Imported when they are measured: without them everything else runs.
const emmettSqlite = async (folder: string): Promise<Rival> =>
  (await import('./rivals/emmett-sqlite.ts')).emmettSqlite(folder);
const emmettPostgresql = async (): Promise<Rival> =>
  (await import('./rivals/emmett-postgresql.ts')).emmettPostgresql();

export const rivalBenches: readonly Bench[] = [
  against('rival-emmett-sqlite-1', 1, emmettSqlite),
  against('rival-emmett-sqlite-64', 64, emmettSqlite),
  against('rival-emmett-postgresql-1', 1, emmettPostgresql),
  against('rival-emmett-postgresql-64', 64, emmettPostgresql),
];
