import { join } from 'node:path';
import { z } from 'zod';
import { openPersonKeys } from '#compose/person-keys.ts';
import { openHistory } from '#compose/stores.ts';
import type { Actor } from '#domain/kernel/actor.ts';
import { decider, forget } from '#domain/kernel/decider.ts';
import { PersonId } from '#domain/kernel/ids.ts';
import { command, event } from '#domain/kernel/message.ts';
import { opened, peopleOf, personalInput, personalText } from '#domain/kernel/personal.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import { type Registry, registryOf } from '#domain/kernel/registry.ts';
import { stream } from '#domain/kernel/stream.ts';
import { someText } from '#domain/kernel/text.ts';
import { steadyClock } from '#engines/clock/steady.ts';
import { systemClock } from '#engines/clock/system.ts';
import { newIds } from '#engines/ids.ts';
import { systemRandom } from '#engines/random.ts';
import { createPipeline } from '#write-side/pipeline/pipeline.ts';
import { counter } from './appends.ts';
import { everyEvent } from './history.ts';
import { inTurns, medianOfRounds, perSecond, timingOf } from './measuring.ts';
import { type Bench, ranRow } from './row.ts';

// What it costs to be able to forget somebody: the same command with a text that is sealed and the sealed address of whoever sends it,
// and with the text as it is and no address.

const IN_FLIGHT = 64;
const STREAMS = 256;
const PEOPLE = 1_000;
const TEXT = 'A text of about as many letters as people write of each other.';

const note = stream('note', ({ note }: { note: string }) => note);
const fields = { note: z.string().regex(/^[a-z0-9]{1,20}$/), about: PersonId };
const description = 'Somebody has written about somebody.';
const [NoteKept, NoteSealed] = [
  event('NoteKept', { version: 1, description, data: { about: PersonId, text: z.string() } }),
  event('NoteSealed', {
    version: 1,
    description,
    data: { about: PersonId, text: personalText({ of: 'about' }) },
  }),
];
const common = { description, from: ['bidder'] as const, stream: note };
const Keep = command('Keep', { ...common, data: { ...fields, text: someText(200) } });
const Seal = command('Seal', {
  ...common,
  data: { ...fields, text: personalInput(someText(200), { of: 'about' }) },
});
const notes = decider({
  stream: note,
  events: [NoteKept, NoteSealed],
  commands: [Keep, Seal],
  stateVersion: 1,
  initial: 0,
  evolve: (count: number) => count + 1,
  decide: {
    Keep: ({ about, text }) => [NoteKept({ about, text })],
    Seal: ({ about, text }) => [NoteSealed({ about, text })],
  },
});
const registry = registryOf([
  { name: 'notes', description, events: [NoteKept, NoteSealed], commands: [Keep, Seal] },
]);

async function opening(folder: string) {
  const [clock, machineClock] = [systemClock(), steadyClock()];
  const store = await openHistory({ profile: 'embedded', folder }, { clock });
  const at = { dataDir: folder, personKeys: { file: join(folder, 'keys.db'), masterKeyFile: undefined } };
  const personKeys = await openPersonKeys(at, machineClock);
  const newId = newIds({ clock: machineClock });
  const pipeline = createPipeline({
    ...{ store, registry, personKeys, clock, newId, deciders: [forget(notes)] },
    ...{ workflows: [], reactions: [], random: systemRandom },
    // As many ids as it takes are remembered of one person; who writes here is one of many.
    limits: { keysPerPerson: 1_000_000 },
  });
  return {
    ...{ store, personKeys, pipeline, newId },
    async close() {
      await pipeline.drain();
      await personKeys.close();
      await store.close();
    },
  };
}
type Opened = Awaited<ReturnType<typeof opening>>;

/** Callers, each of whom waits for each answer, for so many milliseconds. Answers commands a second. */
async function writing(
  { pipeline, newId }: Opened,
  { command, address }: { readonly command: string; readonly address?: string },
  roundMs: number,
  next: () => number,
): Promise<number> {
  const startedAt = performance.now();
  let count = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (performance.now() - startedAt < roundMs) {
        const at = next();
        const actor: Actor = { id: `writer-${at % PEOPLE}`, roles: ['bidder'], reputation: 0 };
        const reply = await pipeline.dispatch({
          ...{ command, commandId: newId(), actor },
          data: { note: `n${at % STREAMS}`, about: `person-${at % PEOPLE}`, text: TEXT },
          origin: { channel: 'http', ...(address !== undefined && { address }) },
        });
        if (reply.outcome !== 'accepted') throw new Error(`a command came to ${JSON.stringify(reply)}`);
        count += 1;
      }
    }),
  );
  return perSecond(count, startedAt);
}

/** Reads and decodes all events of a type, and opens what is sealed in them. Answers events a second. */
async function reading(
  { store, personKeys }: { readonly store: EventStore; readonly personKeys: PersonKeys },
  events: Registry['events'],
  type: string,
): Promise<number> {
  const declared = events.get(type);
  if (declared === undefined) throw new TypeError(`there is no ${type}`);
  const startedAt = performance.now();
  let count = 0;
  for await (const page of everyEvent(store)) {
    const decoded = page.filter((stored) => stored.type === type).map((stored) => registry.decode(stored));
    const keys = await personKeys.find([...new Set(decoded.flatMap((each) => peopleOf(declared, each)))]);
    for (const { data } of decoded) opened((data as { text: unknown }).text, keys);
    count += decoded.length;
  }
  return perSecond(count, startedAt);
}

export const personalBench: Bench = {
  name: 'personal',
  async measure(run) {
    const timing = timingOf(run);
    const { rounds, roundMs } = timing;
    const open = await opening(join(run.folder, 'notes'));
    const next = counter();
    try {
      const [kept, sealed] = [{ command: 'Keep' }, { command: 'Seal', address: '203.0.113.77' }];
      for (let at = 0; at < PEOPLE; at += 1) await open.personKeys.make([`writer-${at}`, `person-${at}`]);
      // Everybody has a key, and everything is compiled.
      for (const kind of [kept, sealed]) await writing(open, kind, roundMs, next);
      const writes = await inTurns(run, {
        ...{ name: 'personal-write', rounds },
        ours: () => writing(open, sealed, roundMs, next),
        theirs: () => writing(open, kept, roundMs, next),
      });
      const reads = await inTurns(run, {
        ...{ name: 'personal-read', rounds },
        ours: () => reading(open, registry.events, 'NoteSealed'),
        theirs: () => reading(open, registry.events, 'NoteKept'),
      });
      return [
        ranRow({
          name: 'personal-write',
          what: `commands with a sealed text and a sealed address, ${IN_FLIGHT} in flight, of ${PEOPLE} people`,
          ...{ value: writes.ours, unit: 'commands/s', rounds, medianOf: medianOfRounds(timing) },
          against: { what: 'the same with the text as it is and no address', value: writes.theirs },
        }),
        ranRow({
          name: 'personal-read',
          what: 'a history read, decoded, and each text opened',
          ...{ value: reads.ours, unit: 'events/s', rounds, medianOf: 'whole histories' },
          against: { what: 'the same with texts as they are', value: reads.theirs },
        }),
      ];
    } finally {
      await open.close();
    }
  },
};
