import type { Reply } from './envelope.ts';
import type { Registry } from './registry.ts';

/** What is said beside an answer of the event that decided: nothing of a no, nor of what a later stage has yet to decide. */
export function verdictsOf(
  { events }: Pick<Registry, 'events'>,
  reply: Reply,
): Readonly<Record<string, boolean>> {
  const decision = reply.outcome === 'accepted' ? reply.decision : undefined;
  const verdicts = decision === undefined ? {} : (events.get(decision.type)?.verdicts ?? {});
  return Object.fromEntries(
    Object.entries(verdicts).map(([name, { of }]) => [name, of(decision?.data as never)]),
  );
}
