import type { Position, RecordedEvent } from './envelope.ts';
import { later, millisecondsOf } from './instant.ts';
import type { EventDeclaration } from './message.ts';
import type { Clock } from './ports/facts.ts';
import type { Intent } from './reaction.ts';

// The order of recorded requests decides, not that of the asynchronous steps behind them. Chains of one key stand in a line,
// in the order of the events they began with; what each has to wait for on its way may end in any order.

/** Who stands in line, and until when. */
export interface Line {
  /** A chain stands in line from this event on, at its position in the history. */
  readonly joins: EventDeclaration;
  /** With any of these it has left, however it ended. */
  readonly leaves: readonly EventDeclaration[];
  /** Which line, and who in it. Undefined: an event of these types that has nothing to do with it. */
  readonly place: (event: RecordedEvent) => { readonly key: string; readonly id: string } | undefined;
  /** So long the others wait for one that is not ready, in milliseconds since it was first seen. */
  readonly patienceMs: number;
  /** What tells the stream that decides that it is to go on without this one. */
  readonly passOver: (joined: RecordedEvent) => Intent;
}

/** What came of a command that was handed over in turn. `settled`: it is decided. Else its chain stands in line as before. */
export interface HandedOver {
  readonly settled: boolean;
}

/**
 * Hands a command over, in the same moment as it is called. `late`: those before it that nobody waits for any longer, in
 * order; they are to be passed over first. Never rejects.
 */
export type HandOver<T extends HandedOver = HandedOver> = (late: readonly RecordedEvent[]) => Promise<T>;

/** The lines of one line in one process. */
export interface KeptLine {
  readonly line: Line;
  /** The next events of the line's types, in the order of the history, which has been seen `through` there. */
  met(events: readonly RecordedEvent[], through: Position): void;
  /**
   * Calls `handOver` when it is the turn of the chain that began with `joined` (at once when it has left, or was never in
   * line), and resolves with what that resolves with. @throws NotSeen
   */
  inTurn<T extends HandedOver>(joined: RecordedEvent, handOver: HandOver<T>): Promise<T>;
}

/** The history was not seen up to here in time, so that nobody knows who else stands in line. */
export class NotSeen extends Error {
  constructor({ stream, revision }: RecordedEvent) {
    super(`the history has not been seen up to ${stream}/${revision}`);
    this.name = 'NotSeen';
  }
}

interface Standing {
  readonly joined: RecordedEvent;
  readonly sinceMs: number;
  /** `called`: it was its turn. `late`: somebody behind it was called without it. */
  state: 'waiting' | 'called' | 'late';
  /** Everybody who follows this chain here and has come to where it needs its turn. */
  ready: HandOver[];
}

/** By id, in order of position. */
type Places = Map<string, Standing>;

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
  };
}

/**
 * Keeps one line. Whoever is next hands over as soon as everybody before has, or has left, or was waited for long enough.
 * They hand over one after the other in one go, so that their commands stand in the queue of their stream in this order;
 * they need not be answered before the next is handed over.
 *
 * @param clock the machine's
 */
export function keepLine(line: Line, clock: Clock): KeptLine {
  const lines = new Map<string, Places>();
  /** By key: the timer after which somebody is waited for no longer. */
  const timers = new Map<string, () => void>();
  const history = sight(clock, line.patienceMs);
  const nowMs = (): number => millisecondsOf(clock.now());

  function forget(key: string, id: string): void {
    const places = lines.get(key);
    // Whoever follows it here as well hears at once what was decided elsewhere.
    for (const ready of places?.get(id)?.ready ?? []) void ready([]);
    places?.delete(id);
    if (places?.size === 0) lines.delete(key);
  }

  function answered(key: string, id: string, passedOver: readonly Standing[], settled: boolean): void {
    const standing = lines.get(key)?.get(id);
    if (settled) {
      for (const { joined } of passedOver) forget(key, line.place(joined)?.id ?? '');
      forget(key, id);
    } else {
      for (const one of passedOver) one.state = 'waiting';
      if (standing !== undefined) standing.state = 'waiting';
    }
    advance(key);
  }

  function call(key: string, id: string, standing: Standing, late: readonly Standing[]): void {
    for (const one of late) {
      one.state = 'late';
    }
    standing.state = 'called';
    const [first, ...others] = standing.ready.splice(0);
    void first?.(late.map(({ joined }) => joined)).then(({ settled }) => answered(key, id, late, settled));
    for (const other of others) void other([]);
  }

  /** Calls everybody whose turn it is, and looks again when the first who is waited for has had its time. */
  function advance(key: string): void {
    timers.get(key)?.();
    timers.delete(key);
    const now = nowMs();
    let absent: Standing[] = [];
    for (const [id, standing] of lines.get(key) ?? []) {
      if (standing.state !== 'waiting') continue;
      if (standing.ready.length === 0) {
        absent.push(standing);
        continue;
      }
      const untilMs = Math.max(...absent.map(({ sinceMs }) => sinceMs + line.patienceMs), now);
      if (untilMs > now) {
        timers.set(
          key,
          clock.at(later(clock.now(), untilMs - now), () => advance(key)),
        );
        return;
      }
      call(key, id, standing, absent);
      absent = [];
    }
  }

  function take(event: RecordedEvent): string | undefined {
    const place = line.place(event);
    if (place === undefined) return undefined;
    const { key, id } = place;
    if (event.type !== line.joins.type) {
      forget(key, id);
      return key;
    }
    const places = lines.get(key) ?? new Map<string, Standing>();
    lines.set(key, places);
    places.set(id, { joined: event, sinceMs: nowMs(), state: 'waiting', ready: [] });
    return undefined;
  }

  return {
    line,
    met(events, through) {
      const moved = new Set(events.map(take));
      history.moveTo(through);
      for (const key of moved) if (key !== undefined) advance(key);
    },
    async inTurn(joined, handOver) {
      if (!(await history.of(joined.position))) throw new NotSeen(joined);
      const place = line.place(joined);
      const standing = place && lines.get(place.key)?.get(place.id);
      if (place === undefined || standing?.state !== 'waiting') return handOver([]);
      return new Promise((resolve) => {
        standing.ready.push((late) => {
          const handedOver = handOver(late);
          resolve(handedOver);
          return handedOver;
        });
        advance(place.key);
      });
    },
  };
}
