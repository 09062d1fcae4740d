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
export class MemoryGroup {
  readonly #name: string;
  readonly #around: Surroundings;
  /** The offset of the next to be handled. */
  readonly #committed = new Map<string, number>();
  readonly #members: Member[] = [];
  /** Of each place the last work there: whoever comes next waits for it, so that two never work on one partition. */
  readonly #ends = new Map<string, Promise<void>>();

  constructor(name: string, around: Surroundings) {
    this.#name = name;
    this.#around = around;
  }

  join(options: BusConsumerOptions) {
    const member: Member = { options, problems: problemsByPlace(), works: new Map() };
    this.#members.push(member);
    this.share();
    return {
      problem: (): string | undefined => {
        const missing = options.topics.find((topic) => !this.#around.topics.has(topic));
        return missing === undefined ? member.problems.first() : `there is no topic ${missing}`;
      },
      leave: () => this.#leave(member),
    };
  }

  async #leave(member: Member): Promise<void> {
    const mine = [...member.works.values()];
    if (this.#members.includes(member)) this.#members.splice(this.#members.indexOf(member), 1);
    for (const { stop } of mine) stop.abort();
    this.share();
    await Promise.all(mine.map(({ ended }) => ended));
  }

  /** Gives every partition to one of those who want it: what has changed hands is stopped here and begun there. */
  share(): void {
    const wanted = new Map(this.#members.map((member) => [member, this.#placesOf(member)]));
    for (const [{ works }, places] of wanted) {
      const mine = new Set(places.map(nameOf));
      for (const [where, { stop }] of works) {
        if (mine.has(where)) continue;
        stop.abort();
        works.delete(where);
      }
    }
    for (const [member, places] of wanted)
      for (const place of places) if (!member.works.has(nameOf(place))) this.#begin(member, place);
  }

  #placesOf(member: Member): readonly Place[] {
    return member.options.topics.flatMap((topic) => {
      const log = this.#around.topics.get(topic);
      if (log === undefined) return [];
      const wanting = this.#members.filter(({ options }) => options.topics.includes(topic));
      const mine = wanting.indexOf(member);
      const all = Array.from({ length: log.partitions }, (_, partition) => ({ topic, log, partition }));
      return all.filter(({ partition }) => partition % wanting.length === mine);
    });
  }

  #begin(member: Member, place: Place): void {
    const where = nameOf(place);
    const { log, partition } = place;
    if (!this.#committed.has(where))
      this.#committed.set(where, member.options.from === 'end' ? log.end(partition) : log.first(partition));
    const stop = new AbortController();
    const before = this.#ends.get(where) ?? Promise.resolve();
    const ended = before.then(() => this.#work(member, place, stop.signal));
    this.#ends.set(where, ended);
    member.works.set(where, { stop, ended });
  }

  async #work(member: Member, place: Place, signal: AbortSignal): Promise<void> {
    const { clock, arrived } = this.#around;
    const where = nameOf(place);
    const { most = consumerDefaults.most } = member.options;
    const problem = (text: string | undefined) =>
      text === undefined ? member.problems.over(where) : member.problems.told(where, `${where}: ${text}`);
    while (!signal.aborted) {
      const seen = arrived.count();
      const from = this.#committed.get(where) ?? 0;
      const read = place.log.read(place.partition, from, most, clock.now());
      const first = place.log.first(place.partition);
      if (first > from) {
        this.#tellOfLoss(member, place, first - from);
        this.#committed.set(where, first);
      }
      const last = read.at(-1);
      if (last === undefined) await arrived.after(seen, signal);
      else if (await handled(member.options, read, { clock, signal, problem }))
        this.#committed.set(where, Number(last.offset) + 1);
    }
    member.problems.over(where);
  }

  #tellOfLoss(member: Member, place: Place, records: number): void {
    const { topic, partition } = place;
    const why = 'records of the bus in memory were dropped before they were read';
    member.problems.told(nameOf(place), `${nameOf(place)}: ${records} ${why}`);
    this.#around.log.error({ group: this.#name, topic, partition, records }, why);
  }
}
