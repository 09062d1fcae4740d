import type { Topic } from '#domain/kernel/ports/bus.ts';
import { isPublished } from '#domain/kernel/redaction.ts';
import type { Context, Registry } from '#domain/kernel/registry.ts';

/** Into how many parts the streams of a context are divided; once chosen, it stays. */
const PARTITIONS = 8;

const homes = new WeakMap<Registry, ReadonlyMap<string, Context>>();
/** Of each event that leaves, the context. */
function homesIn(registry: Registry): ReadonlyMap<string, Context> {
  const known = homes.get(registry);
  if (known !== undefined) return known;
  const found = new Map(
    registry.contexts.flatMap((context) =>
      context.events.filter(isPublished).map(({ type }) => [type, context] as const),
    ),
  );
  homes.set(registry, found);
  return found;
}

function homeOf(registry: Registry, type: string): Context {
  const found = homesIn(registry).get(type);
  if (found === undefined) throw new TypeError(`${type} does not leave`);
  return found;
}

export const topicNamed = (prefix: string, context: string): string => `${prefix}.${context}`;

/** The name of the topic that tells of such an event: one for each context. @throws TypeError: it does not leave */
export const topicOf = (
  { registry, prefix }: { readonly registry: Registry; readonly prefix: string },
  type: string,
): string => topicNamed(prefix, homeOf(registry, type).name);

/** What such an event is called outside: event types are names of ours, which others may have, too. @throws as {@link topicOf} */
export const typeOf = (registry: Registry, type: string): string =>
  `annals.${homeOf(registry, type).name}.${type}`;

/** The contexts of which something leaves. */
export const publishedContexts = (registry: Registry): readonly Context[] => [
  ...new Set(homesIn(registry).values()),
];

export const topicsOf = (registry: Registry, prefix: string): readonly Topic[] =>
  publishedContexts(registry).map(({ name }) => ({
    name: topicNamed(prefix, name),
    partitions: PARTITIONS,
  }));
