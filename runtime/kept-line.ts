import type { Position, RecordedEvent } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Line } from '#domain/kernel/line.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';

/** What came of a command that was handed over in turn. `settled`: it is decided. Else its chain stands in line as before. */
export interface HandedOver {
  readonly settled: boolean;
}

/** Somebody who follows a chain and has come to where it needs its turn. */
export interface Follower<T extends HandedOver = HandedOver> {
  /**
   * Hands the command over, in the same moment as it is called. `late`: those before it that are waited for no longer, in
   * order; they are to be passed over first.
   */
  handOver(late: readonly RecordedEvent[]): Promise<T>;
  /** Follows the chain of another one as well: perhaps whoever did has died, and nobody else has come to it yet. */
  seeTo(absent: RecordedEvent): void;
  /**
   * Whether what it hands over stands in its stream's queue at once, and comes to nothing together with what came to
   * nothing before it there. Behind anybody else the next in line wait for the answer.
   */
  readonly queues: boolean;
}

/** One line as it is kept in one process. */
export interface KeptLine {
  readonly line: Line;
  /** The next events of the line's types, in the order of the history, which has been seen `through` there. */
  met(events: readonly RecordedEvent[], through: Position): void;
  /**
   * Lets the follower hand over when it is the turn of the chain that began with `joined` (at once when it has left, or was
   * never in line), and resolves or rejects as that does. @throws NotSeenError, LineEndedError
   */
  inTurn<T extends HandedOver>(joined: RecordedEvent, follower: Follower<T>): Promise<T>;
  /** Nobody is called any more: whoever waits, or comes from now on, hears that. */
  end(): void;
}

/** The history was not seen up to here in time, so that nobody knows who else stands in line. */
export class NotSeenError extends Error {
  constructor({ stream, revision }: RecordedEvent) {
    super(`the history has not been seen up to ${stream}/${revision}`);
    this.name = 'NotSeenError';
  }
}

/** The line is kept no longer in this process. */
export class LineEndedError extends Error {
  constructor() {
    super('the line is kept no longer');
    this.name = 'LineEndedError';
  }
}

interface Ready {
  readonly follower: Follower;
  readonly fail: (error: LineEndedError) => void;
}

interface Standing {
  readonly joined: RecordedEvent;
  /** `called`: it was its turn. `late`: somebody behind it was called without it. Both until that is answered. */
  state: 'waiting' | 'called' | 'late';
  /** Everybody who follows this chain here and has come to where it needs its turn. */
  readonly ready: Ready[];
  /** Whether those behind it may be called before the answer to its call. */
  queued: boolean;
  /** Halves of the patience that others have spent on it. */
  halves: number;
  /** The half that is being spent. */
  cancel: (() => void) | undefined;
}

/** By id, in order of position. */
type Places = Map<string, Standing>;

const isAbsent = ({ state, ready }: Standing): boolean => state === 'waiting' && ready.length === 0;

/** Waits for positions to be seen. */
function sight(clock: Clock, patienceMs: number) {
  let seen: Position = 0n;
  const waiting = new Set<{ readonly position: Position; readonly settle: (seen: boolean) => void }>();
  return {
    moveTo(through: Position): void {
      seen = through;
      for (const waiter of waiting) if (waiter.position <= through) waiter.settle(true);
    },
    async of(position: Position): Promise<boolean> {
      if (position <= seen) return true;
      return new Promise((resolve) => {
        const settle = (reached: boolean): void => {
          cancel();
          waiting.delete(waiter);
          resolve(reached);
        };
        const waiter = { position, settle };
        const cancel = clock.at(later(clock.now(), patienceMs), () => settle(false));
        waiting.add(waiter);
      });
    },
    end(): void {
      for (const waiter of waiting) waiter.settle(false);
    },
  };
}

/** Who stands where, by the keys of the line. */
function standings(line: Line) {
  const lines = new Map<string, Places>();

  function leave(key: string, id: string): void {
    const places = lines.get(key);
    const standing = places?.get(id);
    if (places === undefined || standing === undefined) return;
    standing.cancel?.();
    places.delete(id);
    if (places.size === 0) lines.delete(key);
    // Whoever follows it here as well hears at once what was decided.
    for (const { follower } of standing.ready.splice(0)) void follower.handOver([]).catch(() => undefined);
  }

  return {
    of: (key: string): Places | undefined => lines.get(key),
    leave,
    /** Answers the key of the line in which somebody has left. */
    take(event: RecordedEvent): string | undefined {
      const place = line.place(event);
      if (place === undefined) return undefined;
      const { key, id } = place;
      if (event.type !== line.joins.type) {
        leave(key, id);
        return key;
      }
      const places = lines.get(key) ?? new Map<string, Standing>();
      lines.set(key, places);
      const begin = { state: 'waiting', ready: [], queued: false, halves: 0, cancel: undefined } as const;
      places.set(id, { ...begin, joined: event, ready: [] });
      return undefined;
    },
    end(): void {
      for (const places of lines.values())
        for (const { cancel, ready } of places.values()) {
          cancel?.();
          for (const { fail } of ready.splice(0)) fail(new LineEndedError());
        }
      lines.clear();
    },
  };
}

/** Calls everybody whose turn it is in the line of a key. */
type Advance = (key: string) => void;

function callsIn(line: Line, clock: Clock, standing: ReturnType<typeof standings>): Advance {
  function answered(key: string, id: string, passedOver: readonly Standing[], settled: boolean): void {
    const called = standing.of(key)?.get(id);
    for (const one of passedOver) {
      if (settled) standing.leave(key, line.place(one.joined)?.id ?? '');
      else one.state = 'waiting';
    }
    if (settled) standing.leave(key, id);
    else if (called !== undefined) called.state = 'waiting';
    advance(key);
  }

  function call(key: string, id: string, next: Standing, late: readonly Standing[]): void {
    const ready = next.ready.shift();
    if (ready === undefined) return;
    for (const one of late) one.state = 'late';
    next.state = 'called';
    next.queued = ready.follower.queues;
    ready.follower.handOver(late.map(({ joined }) => joined)).then(
      ({ settled }) => answered(key, id, late, settled),
      () => answered(key, id, late, false),
    );
  }

  function someoneReady(key: string): Follower | undefined {
    for (const { ready } of standing.of(key)?.values() ?? [])
      if (ready[0] !== undefined) return ready[0].follower;
    return undefined;
  }

  /** One half of the patience for one that is not there passes. */
  function spendHalf(key: string, missed: Standing): void {
    missed.cancel ??= clock.at(later(clock.now(), line.patienceMs / 2), () => {
      missed.cancel = undefined;
      missed.halves += 1;
      if (missed.halves === 1 && isAbsent(missed)) someoneReady(key)?.seeTo(missed.joined);
      advance(key);
    });
  }

  /** Whether all of the patience for them is spent; what is left of it passes from now on. */
  function wereWaitedFor(key: string, absent: readonly Standing[]): boolean {
    const missed = absent.filter(({ halves }) => halves < 2);
    for (const one of missed) spendHalf(key, one);
    return missed.length === 0;
  }

  function advance(key: string): void {
    let absent: Standing[] = [];
    for (const [id, next] of standing.of(key) ?? []) {
      if (next.state === 'called' && !next.queued) return;
      if (next.state !== 'waiting') continue;
      if (next.ready.length === 0) {
        absent.push(next);
        continue;
      }
      if (!wereWaitedFor(key, absent)) return;
      call(key, id, next, absent);
      if (!next.queued) return;
      absent = [];
    }
  }

  return advance;
}

/**
 * Keeps one line. Whoever is next hands over as soon as everybody before has, or has left, or was waited for long enough.
 * They hand over one after the other in one go, so that their commands stand in the queue of their stream in this order;
 * where that is sure they need not be answered before the next is handed over.
 *
 * Time is only waited for, never read: a clock that is set makes nobody late. Patience is spent in two halves, each counted
 * from when it begins, so that a process that was held up itself looks around before it gives anybody up. After the first
 * half whoever waits follows the other chain as well; so a bid is not lost because the process that placed it has died.
 *
 * @param clock the machine's
 */
export function keepLine(line: Line, clock: Clock): KeptLine {
  const standing = standings(line);
  const advance = callsIn(line, clock, standing);
  const history = sight(clock, line.patienceMs);
  let ended = false;

  return {
    line,
    met(events, through) {
      if (ended) return;
      const moved = new Set(events.map(standing.take));
      history.moveTo(through);
      for (const key of moved) if (key !== undefined) advance(key);
    },
    async inTurn(joined, follower) {
      if (!ended && !(await history.of(joined.position)) && !ended) throw new NotSeenError(joined);
      if (ended) throw new LineEndedError();
      const place = line.place(joined);
      const own = place && standing.of(place.key)?.get(place.id);
      if (place === undefined || own === undefined) return follower.handOver([]);
      return new Promise((resolve, reject) => {
        const handOver: Follower['handOver'] = (late) => {
          const handedOver = follower.handOver(late);
          resolve(handedOver);
          return handedOver;
        };
        const { queues } = follower;
        const seeTo = (absent: RecordedEvent): void => follower.seeTo(absent);
        own.ready.push({ follower: { handOver, seeTo, queues }, fail: reject });
        if (own.state === 'waiting') advance(place.key);
      });
    },
    end() {
      ended = true;
      history.end();
      standing.end();
    },
  };
}
