import { deciders, reactions, registry, sagas, views } from '#compose/contexts.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { type Intent, intentId } from '#domain/kernel/intent.ts';
import type { Reaction } from '#domain/kernel/reaction.ts';
import type { Saga } from '#domain/kernel/saga.ts';
import { streamOf } from '#sagas/runtime/instance.ts';
import { consumerOf } from '#sagas/runtime/reactions.ts';
import { placed, examples as stored } from '#test/support/stored-examples.ts';

// Names that stand in checkpoints, in the names of streams, in actors and in derived ids. One that is changed begins at 0 and
// sends all history again under new ids: it would pay twice.

/** By kind, each name once, in order. */
export type Names = Readonly<Record<string, readonly string[]>>;

const examples = stored.map((example) => registry.decode(placed(example)));
const of = (declared: readonly { readonly type: string }[]): readonly RecordedEvent[] =>
  examples.filter(({ type }) => declared.some((each) => each.type === type));

const line =
  (name: string, at: RecordedEvent, trigger: { stream: string; revision: number }) => (intent: Intent) =>
    `${name} at ${at.type} ${at.metadata.version}: ${intent.command.command} '${intent.purpose ?? ''}' ${intentId(name, trigger, intent)}`;

/** What a reaction sends at each example, alone or inside a chain that began with another. */
function sentBy(reaction: Reaction): readonly string[] {
  const roots = of(reaction.events);
  const alone = roots.flatMap((event) =>
    [...reaction.on(event, [event]), ...reaction.passed(event)].map(line(reaction.name, event, event)),
  );
  const inside = of(reaction.follows).flatMap((event) =>
    roots.flatMap((root) => reaction.on(event, [root, event]).map(line(reaction.name, event, event))),
  );
  return [...alone, ...inside];
}

/** What a saga sends at each example that begins it. */
function begunBy(saga: Saga): readonly string[] {
  return of(saga.events).flatMap((event) => {
    const instance = saga.instanceOf(event);
    if (instance === undefined) return [];
    const trigger = { stream: streamOf(saga.name, instance), revision: 0 };
    return (saga.onEvent(saga.initial, event)?.sends ?? []).map(line(saga.name, event, trigger));
  });
}

const all: Names = {
  categories: deciders.map(({ category }) => category),
  commands: [...registry.commands.keys()],
  events: [...registry.events.keys()],
  views: views.map(({ name }) => name),
  consumers: reactions.map(consumerOf),
  sagas: sagas.flatMap(({ name, purposes, timers }) => [
    name,
    ...purposes.map((purpose) => `${name}, answer ${purpose}`),
    ...timers.map((timer) => `${name}, timer ${timer}`),
  ]),
  intents: [...reactions.flatMap(sentBy), ...sagas.flatMap(begunBy)],
};

/** The names of the platform as it is. */
export const lastingNames: Names = Object.fromEntries(
  Object.entries(all).map(([kind, names]) => [kind, [...new Set(names)].toSorted()]),
);
