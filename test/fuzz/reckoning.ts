import { registry } from '#compose/contexts.ts';
import { openHistory } from '#compose/stores.ts';
import { RecordReading } from '#domain/auctions/inspector/messages.ts';
import type { Position, StoredEvent } from '#domain/kernel/envelope.ts';
import { systemClock } from '#engines/clock/system.ts';
import { audit } from '../support/auditor.ts';
import type { FuzzCase } from './cases.ts';
import type { Verdict } from './verdict.ts';

// At the end the whole history is read from its file: every event that came from outside must be one that somebody was told of,
// none may belong to a command that was refused, and an auditor finds nothing wrong with the money.

const PAGE_EVENTS = 1_000;
const OUTSIDE: readonly unknown[] = ['http', 'graphql', 'websocket'];
/** What a process records before it is refused further on. */
const processes = new Set(['PlaceBid', 'ScheduleAuction']);

export interface Reckoning {
  /** Notes what was told of a command. */
  note(fuzzCase: FuzzCase, verdict: Verdict): void;
  /** One command more of this person, whose id is not known here. */
  noteNameless(person: string): void;
  /** Compares what was told with the history in a folder, behind a place in it. Problems as sentences. */
  compare(folder: string, after: Position): Promise<readonly string[]>;
}

type Told = Verdict['told'];
const rank: readonly Told[] = ['rejected', 'recorded no', 'unknown', 'accepted'];

export function reckoning(): Reckoning {
  /** By who sent it and its id, the most that was told of a command. */
  const known = new Map<string, Told>();
  /** How many commands of a person may carry an id that nobody here knows: noise has changed it, or the server chose it. */
  const nameless = new Map<string, number>();
  const strangers = new Map<string, Set<string>>();
  const keyOf = (actor: unknown, commandId: unknown): string => `${actor} ${commandId}`;

  function eventProblem({ type, stream, revision, metadata }: StoredEvent): string | undefined {
    const { actor, commandId, command, origin } = metadata;
    if (!OUTSIDE.includes((origin as { readonly channel?: unknown }).channel)) return undefined;
    // What somebody was shown is recorded by the platform itself; whoever asked is told by the answer.
    if (command === RecordReading.type) return undefined;
    const what = `${type} ${stream}/${revision} of ${command} ${commandId} by ${actor}`;
    const told = known.get(keyOf(actor, commandId));
    if (told === 'rejected') return `${what}: a command that was refused has added an event`;
    if (
      told === 'recorded no' &&
      registry.events.get(type)?.refusal !== true &&
      !processes.has(String(command))
    )
      return `${what}: a command that was refused has added what is no refusal`;
    if (told !== undefined) return undefined;
    const ids = strangers.get(String(actor)) ?? new Set();
    strangers.set(String(actor), ids.add(String(commandId)));
    return ids.size > (nameless.get(String(actor)) ?? 0) ? `${what}: nobody was told of it` : undefined;
  }

  const noteNameless = (person: string): void => void nameless.set(person, (nameless.get(person) ?? 0) + 1);

  return {
    noteNameless,
    note({ as, command, clean, sending }, { told, commandId }) {
      if (as === undefined || command === undefined) return;
      const id = commandId ?? command.commandId;
      const key = keyOf(as, id);
      const before = known.get(key);
      // Noise may have changed the id on its way: then the reply says nothing about this one.
      const own = sending.over === 'rest' || clean;
      if (!own) noteNameless(as);
      const now: Told = own ? told : 'unknown';
      if (before === undefined || rank.indexOf(now) > rank.indexOf(before)) known.set(key, now);
    },
    async compare(folder, after) {
      const problems: string[] = [];
      const seen = new Set<string>();
      const store = await openHistory(
        { profile: 'embedded', folder },
        { clock: systemClock(), readOnly: true },
      );
      try {
        for (let from = after, end = false; !end; ) {
          const page = await store.readAll({ after: from, limit: PAGE_EVENTS });
          for (const event of page.events) {
            const problem = eventProblem(event);
            if (problem !== undefined) problems.push(problem);
            seen.add(keyOf(event.metadata.actor, event.metadata.commandId));
          }
          from = page.through;
          end = page.end;
        }
        const audited = await audit(store);
        return [...problems, ...audited.problems];
      } finally {
        await store.close();
      }
    },
  };
}
