import type { BusConsumerOptions } from '#domain/kernel/ports/bus.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Wake } from '../../event-store/wake.ts';
import { consumerDefaults, handled, type Problems, problemsByPlace } from '../handling.ts';
import type { TopicLog } from './log.ts';

export interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly topics: ReadonlyMap<string, TopicLog>;
  /** Something has been sent or declared. */
  readonly arrived: Wake;
}

interface Work {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

interface Place {
  readonly topic: string;
  readonly log: TopicLog;
  readonly partition: number;
}

interface Member {
  readonly options: BusConsumerOptions;
  readonly problems: Problems;
  /** What it works on, by place. */
  readonly works: Map<string, Work>;
}

const nameOf = ({ topic, partition }: Place): string => `${topic}/${partition}`;

/** Whoever consumes under one name: how far they are, and who has which partition. */
export function memoryGroup(name: string, { clock, log, topics, arrived }: Surroundings) {
  /** The offset of the next to be handled. */
  const committed = new Map<string, number>();
  const members: Member[] = [];
  /** Of each place the last work there: whoever comes next waits for it, so that two never work on one partition. */
  const ends = new Map<string, Promise<void>>();

  function tellOfLoss(member: Member, place: Place, from: number, first: number): void {
    const where = nameOf(place);
    member.problems.told(where, `${first - from} records were dropped before group ${name} had read them`);
    log.error(
      { group: name, topic: place.topic, partition: place.partition, records: first - from },
      'records of the bus in memory were dropped before they were read',
    );
  }

  async function work(member: Member, place: Place, signal: AbortSignal): Promise<void> {
    const { topic, log: records, partition } = place;
    const where = nameOf(place);
    const { most = consumerDefaults.most } = member.options;
    const problem = (text: string | undefined) =>
      text === undefined ? member.problems.over(where) : member.problems.told(where, text);
    while (!signal.aborted) {
      const seen = arrived.count();
      const from = committed.get(where) ?? 0;
      const read = records.read(partition, from, most, clock.now());
      const first = records.first(partition);
      if (first > from) {
        tellOfLoss(member, place, from, first);
        committed.set(where, first);
      }
      const last = read.at(-1);
      if (last === undefined) await arrived.after(seen, signal);
      else if (await handled(member.options, read, { clock, signal, problem }))
        committed.set(`${topic}/${partition}`, Number(last.offset) + 1);
    }
    member.problems.over(where);
  }

  function begin(member: Member, place: Place): void {
    const where = nameOf(place);
    if (!committed.has(where))
      committed.set(
        where,
        member.options.from === 'end' ? place.log.end(place.partition) : place.log.first(place.partition),
      );
    const stop = new AbortController();
    const before = ends.get(where) ?? Promise.resolve();
    const ended = before.then(() => work(member, place, stop.signal));
    ends.set(where, ended);
    member.works.set(where, { stop, ended });
  }

  /** Every partition of a topic to one of those who want it. */
  function placesOf(member: Member): readonly Place[] {
    return member.options.topics.flatMap((topic) => {
      const found = topics.get(topic);
      if (found === undefined) return [];
      const wanting = members.filter(({ options }) => options.topics.includes(topic));
      const mine = wanting.indexOf(member);
      return Array.from({ length: found.partitions }, (_, partition) => ({
        topic,
        log: found,
        partition,
      })).filter(({ partition }) => partition % wanting.length === mine);
    });
  }

  function share(): void {
    const wanted = new Map(members.map((member) => [member, placesOf(member)]));
    for (const [{ works }, places] of wanted) {
      const mine = new Set(places.map(nameOf));
      for (const [where, { stop }] of works) {
        if (mine.has(where)) continue;
        stop.abort();
        works.delete(where);
      }
    }
    for (const [member, places] of wanted)
      for (const place of places) if (!member.works.has(nameOf(place))) begin(member, place);
  }

  return {
    share,
    join(options: BusConsumerOptions) {
      const member: Member = { options, problems: problemsByPlace(), works: new Map() };
      members.push(member);
      share();
      return {
        problem(): string | undefined {
          const missing = options.topics.find((topic) => !topics.has(topic));
          return missing === undefined ? member.problems.first() : `there is no topic ${missing}`;
        },
        async leave(): Promise<void> {
          const mine = [...member.works.values()];
          if (members.includes(member)) members.splice(members.indexOf(member), 1);
          for (const { stop } of mine) stop.abort();
          share();
          await Promise.all(mine.map(({ ended }) => ended));
        },
      };
    },
  };
}
export type MemoryGroup = ReturnType<typeof memoryGroup>;
