import { createHash } from 'node:crypto';
import type { ConsumerRecord } from '#domain/kernel/ports/consumer-store.ts';

// Who is present, and who wants which part, as leases under names of their own beside those of the consumers: one question to the
// store tells of members, wishes, owners and checkpoints at one moment.

const MEMBER = 'member:';
const WANTED = 'wanted:';

/** The lease by which a process says that it is there. */
export const memberOf = (group: string, owner: string): string => `${MEMBER}${group}:${owner}`;
/** The lease by which the one whose part it should be asks its owner for it. */
export const wishFor = (part: string): string => `${WANTED}${part}`;
const isSign = ({ consumer }: ConsumerRecord): boolean =>
  consumer.startsWith(MEMBER) || consumer.startsWith(WANTED);

/** What one look at the store has shown. */
export interface Seen {
  readonly atMs: number;
  readonly members: readonly string[];
  readonly records: ReadonlyMap<string, ConsumerRecord>;
}

/** Whoever looks is a member, also while its own sign is on its way. */
export function seenIn(
  records: readonly ConsumerRecord[],
  atMs: number,
  { group, owner }: { readonly group: string; readonly owner: string },
): Seen {
  const prefix = memberOf(group, '');
  const present = records
    .filter((record) => record.consumer.startsWith(prefix) && holderOf(record, atMs) !== undefined)
    .map(({ consumer }) => consumer.slice(prefix.length));
  return {
    atMs,
    members: [...new Set([...present, owner])],
    records: new Map(records.map((record) => [record.consumer, record])),
  };
}

/** Signs of those who have been silent for so long after their time, that they are not coming back to them. */
export const staleSigns = (records: readonly ConsumerRecord[], beforeMs: number): readonly string[] =>
  records
    .filter((record) => isSign(record) && record.leasedUntilMs < beforeMs)
    .map(({ consumer }) => consumer);

/** Who holds a lease at a moment. */
export const holderOf = (record: ConsumerRecord | undefined, atMs: number): string | undefined =>
  record !== undefined && record.leasedUntilMs > atMs ? record.owner : undefined;

const weightOf = (part: string, member: string): string =>
  createHash('sha256').update(`${member}\n${part}`).digest('hex');

/**
 * Rendezvous hashing: whose a part should be, first, and who is next in turn. All who see the same members say the same, and a
 * member that comes or goes moves its own parts alone.
 */
export function inTurn(part: string, members: readonly string[]): readonly string[] {
  const weights = new Map(members.map((member) => [member, weightOf(part, member)]));
  const weight = (member: string): string => weights.get(member) ?? '';
  return members.toSorted((a, b) => (weight(a) < weight(b) ? -1 : 1));
}
