import { BEGINNING, type Position } from '#domain/kernel/envelope.ts';
import type { Consume, Consumer, Handler } from '#domain/kernel/ports/consumer.ts';
import { mostOf } from './limits.ts';
import { type Part, PartRun, type PartRunOptions } from './part-run.ts';
import { partsOf, statusOfParts } from './partition.ts';
import { ownPlace, type Place } from './place.ts';
import type { Sharing } from './sharing.ts';

export interface ConsumerLoopOptions extends Omit<PartRunOptions, 'leaseMs'> {
  /** How long a silent owner keeps its lease, in milliseconds. Default 10,000; 6,000 where the work is shared. */
  readonly leaseMs?: number;
  /** Several processes run the same consumers and share their parts; made for the same owner. Default: whoever comes first keeps all. */
  readonly sharing?: Sharing;
}

const LEASE_MS = 10_000;
/** Renewed each third of it: a killed owner's parts are another's well within ten seconds. */
const SHARED_LEASE_MS = 6_000;

/** The one consumer loop: lease → follow → handle → commit with the checkpoint; parks, fences, waits, shares. */
export function consumerLoop({ sharing, ...rest }: ConsumerLoopOptions): Consume {
  const { consumers, clock, owner } = rest;
  if (sharing !== undefined && sharing.owner !== owner)
    throw new TypeError(`${owner} cannot share the work as ${sharing.owner}`);
  const { leaseMs = sharing === undefined ? LEASE_MS : SHARED_LEASE_MS } = rest;
  const options = { ...rest, leaseMs };
  const askMs = Math.max(1, Math.floor(leaseMs / 10));
  const placeOf = (part: string): Place =>
    sharing?.placeOf(part) ?? ownPlace({ part, consumers, clock, askMs });
  return async (handler, { from = BEGINNING } = {}) => {
    const names = partsOf(handler);
    const parts = names.map((name, part) =>
      runPart(options, partOf(handler, name, part), placeOf(name), from),
    );
    const reachedBy = async (some: typeof parts, position: Position, timeoutMs: number) => {
      const all = await Promise.all(some.map((part) => part.reached(position, timeoutMs)));
      return all.every((reached) => reached);
    };
    return {
      name: handler.name,
      status: () =>
        statusOfParts(
          handler.name,
          parts.map((part) => part.status()),
        ),
      reached: (position, timeoutMs) => reachedBy(parts, position, timeoutMs),
      reachedHere(position, timeoutMs) {
        const held = parts.filter((part) => part.status().held.length > 0);
        return reachedBy(held, position, timeoutMs);
      },
      async stop() {
        await Promise.all(parts.map((part) => part.stop()));
      },
    };
  };
}

/** Methods are bound anew because a handler may be an object that uses `this`. */
const partOf = (handler: Handler, name: string, part: number): Part => ({
  name,
  part,
  filter: handler.filter,
  partitions: handler.partitions ?? 1,
  key: (event) => handler.key(event),
  most: mostOf(handler),
  ...(handler.read && { read: handler.read }),
  ...(handler.keyOfStream && { keyOfStream: handler.keyOfStream }),
  handle: (events, signal) => handler.handle(events, signal),
  // Parts share the handler, and each begins by itself.
  forget: (isFresh) => handler.forget?.(isFresh && (handler.partitions ?? 1) === 1),
});

function runPart(
  options: PartRunOptions,
  handler: Part,
  place: Place,
  from: Position,
): Omit<Consumer, 'reachedHere'> {
  const run = new PartRun(options, handler, place, from);
  const ended = run.run();
  return {
    name: handler.name,
    status: () => run.status(),
    reached: (position, timeoutMs) => run.progress.reached(position, timeoutMs),
    async stop() {
      run.stopping.abort();
      await ended;
    },
  };
}
