import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import type { RawEvent } from '#test/judge/judge.ts';
import { money } from '#test/judge/money.ts';
import type { Move } from './moves.ts';
import type { Stream } from './streams.ts';
import type { World } from './world.ts';

// Ways and streams as the stored history that they stand for, which the judge can read.

/** As it is stored. */
const rawOf = (registry: Registry, event: RecordedEvent): RawEvent => ({
  ...event,
  data: registry.encode(event),
  metadata: { ...event.metadata },
});

/** Steps name events by their revision, which in the search is a name of its own. */
function withPlaces(data: RawEvent['data'], revisionOf: ReadonlyMap<string, number>): RawEvent['data'] {
  const placed = (reference: unknown): unknown => {
    const eventId = String((reference as RawEvent['data']).eventId);
    return {
      ...(reference as object),
      revision: revisionOf.get(eventId) ?? (reference as RawEvent['data']).revision,
    };
  };
  const input = data.input as object;
  const event = (input as RawEvent['data']).event;
  return {
    ...data,
    seen: placed(data.seen),
    input: event === undefined ? input : { ...input, event: placed(event) },
  };
}

/** The events of a way with the places that the store would have given them. */
export function historyOf(world: World, registry: Registry, way: readonly Move[]): readonly RawEvent[] {
  const lengths = new Map<string, number>();
  const revisionOf = new Map<string, number>();
  for (const { stream, revision } of world.history) lengths.set(stream, revision + 1);
  let position = world.history.at(-1)?.position ?? 0n;
  return way.flatMap(({ adds }) =>
    adds.map((event): RawEvent => {
      const revision = lengths.get(event.stream) ?? 0;
      lengths.set(event.stream, revision + 1);
      revisionOf.set(event.eventId, revision);
      position += 1n;
      const raw = rawOf(registry, event);
      const data = event.type === 'SagaStepped' ? withPlaces(raw.data, revisionOf) : raw.data;
      return { ...raw, revision, position, data };
    }),
  );
}

/** What is wrong with a wallet's own history; what it takes out of clearing is weighed where all streams are seen. */
export function wrongInStream(world: World, registry: Registry, { name, events }: Stream): readonly string[] {
  if (!name.startsWith('wallet-')) return [];
  const rules = money();
  const problems: string[] = [];
  const given = new Set(world.history.map(({ eventId }) => eventId));
  for (const event of world.history) rules.see(event, (problem) => problems.push(problem));
  for (const event of events.filter(({ eventId }) => !given.has(eventId)))
    rules.see(rawOf(registry, event), (problem) => problems.push(`${event.type} ${name}: ${problem}`));
  return problems.filter((problem) => !problem.includes('clearing:'));
}
