import { setTimeout as pause } from 'node:timers/promises';
import type { ConsumerRecord } from '#domain/kernel/ports/consumer-store.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import type { RoleProcess, Roles } from '#test/engines/role-processes.ts';
import { exchange, healthOf } from '#test/support/customer.ts';

// What an operator sees of a platform from outside: health and metrics of each process, and how far each consumer is by the read store.

const LOOK_MS = 100;
/** Processes that are started together are waited for so long, and a fault's consequences, in milliseconds: the machine may be busy. */
export const PATIENCE_MS = 300_000;

/** Looks until it is so. @returns after how many milliseconds @throws Error saying what was waited for in vain, and what was seen last */
export async function soon<T>(
  what: string,
  look: () => Promise<T>,
  isSo: (seen: T) => boolean,
  patienceMs = PATIENCE_MS,
): Promise<number> {
  const began = performance.now();
  for (let seen: unknown = 'nothing'; ; await pause(LOOK_MS)) {
    try {
      const looked = await look();
      if (isSo(looked)) return Math.round(performance.now() - began);
      seen = looked;
    } catch (error) {
      seen = error instanceof Error ? error.message : error;
    }
    if (performance.now() - began > patienceMs) {
      const said = JSON.stringify(seen, (_, value) => (typeof value === 'bigint' ? String(value) : value));
      throw new Error(`in vain: ${what}; seen last: ${said}`);
    }
  }
}

export interface Seen {
  readonly httpStatus: number;
  readonly status: string;
  /** What is not ready, and what it says. */
  readonly troubles: Readonly<Record<string, string>>;
}

export async function healthAt({ url }: Pick<RoleProcess, 'url'>): Promise<Seen> {
  const { httpStatus, status, components } = await healthOf(url);
  const troubled = Object.entries(components).filter(([, { ready }]) => !ready);
  const troubles = Object.fromEntries(troubled.map(([name, { detail = '' }]) => [name, detail]));
  return { httpStatus, status, troubles };
}

/** The values of a metric, by what stands between its braces. */
async function metricAt(
  { url }: Pick<RoleProcess, 'url'>,
  name: string,
): Promise<ReadonlyMap<string, number>> {
  const { body } = await exchange(`${url}/metrics`);
  return new Map(
    body.split('\n').flatMap((line) => {
      const [, labels, value] = new RegExp(`^${name}\\{(.*)\\} (\\S+)$`).exec(line) ?? [];
      return labels === undefined ? [] : [[labels, Number(value)] as const];
    }),
  );
}

/** The farthest that any consumer of a process is behind, as the process itself tells. */
export const lagAt = async (process: Pick<RoleProcess, 'url'>): Promise<number> =>
  Math.max(0, ...(await metricAt(process, 'annals_consumer_lag')).values());

/** The parts that a process runs. */
export async function partsHeldBy(process: Pick<RoleProcess, 'url'>): Promise<readonly string[]> {
  const held = await metricAt(process, 'annals_consumer_part_held');
  return [...held.keys()].map((labels) => /part="([^"]*)"/.exec(labels)?.[1] ?? labels);
}

/** Every process says that all is well. */
export const allReady = (roles: Roles): Promise<number> =>
  soon(
    'every process is ready',
    () => Promise.all(Object.values(roles.processes).map(healthAt)),
    (all) => all.every(({ status }) => status === 'ready'),
  );

/** Every consumer has passed a place of the history. */
export const allPassed = (readStore: Pick<ReadStore, 'consumers'>, position: bigint): Promise<number> =>
  soon(
    `every consumer has passed ${position}`,
    async () => behind(await readStore.consumers.all(), position),
    (late) => late.length === 0,
  );

const behind = (records: readonly ConsumerRecord[], position: bigint): readonly string[] =>
  records.flatMap(({ consumer, checkpoint }) =>
    checkpoint === undefined || checkpoint >= position ? [] : [`${consumer} at ${checkpoint}`],
  );

/** Parts have another owner than they had, by their leases in the read store. @returns after how many milliseconds the last has */
export function movedFrom(
  readStore: Pick<ReadStore, 'consumers'>,
  before: readonly ConsumerRecord[],
  parts: readonly string[],
): Promise<number> {
  const owners = new Map(before.map(({ consumer, owner }) => [consumer, owner]));
  return soon(
    `other processes have ${parts.join(', ')}`,
    async () => {
      const now = await readStore.consumers.all();
      return now.filter(
        ({ consumer, owner }) =>
          parts.includes(consumer) && (owner === undefined || owner === owners.get(consumer)),
      );
    },
    (left) => left.length === 0,
  );
}
