import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { CloudEvent as CheckedCloudEvent } from 'cloudevents';
import { registry } from '#compose/contexts.ts';
import type { StoredEvent } from '#domain/kernel/envelope.ts';
import type { Bus, ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import { leavingEvent, recordOf } from '#projections/publishing/cloud-event.ts';
import { topicsOf } from '#projections/publishing/topics.ts';

// Whoever reads the topics from their beginning, as any program could, and holds them against the history.

/** For all that has to stand there to be met, in milliseconds, and then for what has no business there. */
const PATIENCE_MS = 300_000;
const BEHIND_MS = 1_000;
/** Told of; more of the same tell nothing. */
const MOST_PROBLEMS = 20;

/** What tells the most of a bidder's limit, of where a payment is confirmed, and of what a wallet has, by the names that it would have. */
const SECRET_NAMES = ['maximum', 'actionUrl', 'payload'];
const SECRET_OF_WALLETS = ['balance', 'held', 'released', 'postings'];
const SECRET_TYPES = ['BidPlaced', 'BidRefused', 'FundsRefused', 'WithdrawalRefused', 'SecretsRead'];

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

export interface TopicsRead {
  /** Events that have to stand there. */
  readonly published: number;
  /** Records that were read, repeats included. */
  readonly records: number;
  readonly problems: readonly string[];
}

interface Met {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Reads until it has met so many ids, and then a moment more. */
async function readAll(bus: Bus, prefix: string, ids: ReadonlySet<string>): Promise<readonly Met[]> {
  const topics = topicsOf(registry, prefix).map(({ name }) => name);
  const met: Met[] = [];
  const missing = new Set(ids);
  const take = ({ topic, partition, key, value, headers }: ReceivedRecord): void => {
    met.push({ topic, partition, key: text(key), value: text(value), headers });
    missing.delete(headers.ce_id ?? '');
  };
  const consumer = bus.consume({
    ...{ group: `${prefix}-reader-${randomUUID()}`, topics },
    handle: async (records) => records.forEach(take),
  });
  try {
    for (const until = Date.now() + PATIENCE_MS; missing.size > 0 && Date.now() < until; ) await pause(50);
    await pause(BEHIND_MS);
    return met;
  } finally {
    await consumer.stop();
  }
}

/** Field by field, however deep. */
function namesIn(value: unknown, found: Set<string>): Set<string> {
  if (typeof value === 'object' && value !== null)
    for (const [name, part] of Object.entries(value)) {
      if (!Array.isArray(value)) found.add(name);
      namesIn(part, found);
    }
  return found;
}

function secretsIn({ type, subject = '', data }: CheckedCloudEvent<unknown>): readonly string[] {
  const names = namesIn(data, new Set());
  const secret = [...SECRET_NAMES, ...(subject.startsWith('wallet-') ? SECRET_OF_WALLETS : [])];
  const fields = secret.filter((name) => names.has(name));
  return SECRET_TYPES.includes(type.split('.').at(-1) ?? '') ? [type, ...fields] : fields;
}

/** What one record is by itself. @throws ValidationError of the official library for one that is no CloudEvent */
function problemsOfRecord(record: Met, expected: ReturnType<typeof recordOf>): readonly string[] {
  const event = new CheckedCloudEvent(JSON.parse(record.value));
  const name = `${event.type} ${event.subject}/${event.streamrevision}`;
  if (expected === undefined) return [`${name}: stands on ${record.topic}, and does not leave`];
  const { topic, key, value, headers } = expected;
  const is = JSON.stringify([record.topic, record.key, record.value, record.headers]);
  const differs = is !== JSON.stringify([topic, key, value, headers]);
  const secrets = secretsIn(event);
  return [
    ...(differs ? [`${name}: is told as ${is}`] : []),
    ...(secrets.length > 0 ? [`${name}: tells ${secrets.join(', ')}`] : []),
  ];
}

/** Whoever passes over what they have met is told of each stream in its order, from one partition. */
function problemsOfOrder(met: readonly Met[]): readonly string[] {
  const problems: string[] = [];
  for (const [stream, records] of Map.groupBy(met, ({ key }) => key)) {
    if (new Set(records.map(({ partition }) => partition)).size > 1)
      problems.push(`${stream}: is told in several partitions`);
    const seen = new Set<string>();
    let last = -1;
    for (const { headers, value } of records) {
      const id = headers.ce_id ?? '';
      if (seen.has(id)) continue;
      seen.add(id);
      const { streamrevision } = JSON.parse(value) as { readonly streamrevision: number };
      if (streamrevision <= last) problems.push(`${stream}: ${streamrevision} comes behind ${last}`);
      last = streamrevision;
    }
  }
  return problems;
}

/**
 * Holds the topics against the history: every event that leaves at least once, each stream in its order, each told as it should be, nothing
 * else.
 */
export async function readTopics(
  { bus, prefix }: { readonly bus: Bus; readonly prefix: string },
  { epoch, events }: { readonly epoch: string; readonly events: readonly StoredEvent[] },
): Promise<TopicsRead> {
  const publishing = { registry, epoch, prefix };
  const expected = new Map(
    events.flatMap((event) => {
      const record = recordOf(publishing, leavingEvent(registry, event));
      return record === undefined ? [] : [[event.eventId, record] as const];
    }),
  );
  const met = await readAll(bus, prefix, new Set(expected.keys()));
  const ids = new Set(met.map(({ headers }) => headers.ce_id));
  const lost = [...expected].filter(([id]) => !ids.has(id));
  return {
    published: expected.size,
    records: met.length,
    problems: [
      ...lost.map(([id, { topic, key }]) => `${id} of ${key} is not on ${topic}`),
      ...met.flatMap((record) => problemsOfRecord(record, expected.get(record.headers.ce_id ?? ''))),
      ...problemsOfOrder(met),
    ].slice(0, MOST_PROBLEMS),
  };
}
