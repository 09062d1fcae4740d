import { systemActor } from '#domain/kernel/actor.ts';
import { derivedId } from '#domain/kernel/canonical.ts';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import { type Instant, later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { RejectedError, Unavailable } from '#domain/kernel/rejections.ts';
import type { Viewer } from '../viewer.ts';
import type { Insight, RecordInsight } from './insight.ts';

/** Records what roles show to people. */
export interface Readings {
  /**
   * Resolves when it is durable that this person has been shown what the insight gives, now and for a while. Whatever was
   * read before the call may then leave, and nothing before.
   * @throws RejectedError when it cannot be recorded
   */
  record(viewer: Viewer, insight: Insight, shownBy: string): Promise<void>;
}

/** One record stands for all that is read until its end. */
interface Lease {
  readonly from: Instant;
  readonly until: Instant;
  readonly recorded: Promise<void>;
}

const NAME = 'readings';
/** People whose leases are remembered: whoever is forgotten is recorded once more. */
const REMEMBERED = 10_000;

/** The answer leaves only behind its record, so that no bid can come between the two. */
export function readings(options: {
  readonly dispatch: Dispatch;
  readonly registry: Registry;
  readonly recordInsight: RecordInsight;
  /** The business's: auctions open by it. */
  readonly clock: Pick<Clock, 'now'>;
  readonly leaseMs: number;
}): Readings {
  const { dispatch, registry, recordInsight, clock, leaseMs } = options;
  const leases = new Map<string, Lease>();

  async function send(
    viewer: Viewer,
    person: string,
    context: Omit<Lease, 'recorded'>,
    insight: Insight,
    shownBy: string,
  ) {
    const readUntil = context.until;
    const command = recordInsight({ person, insight, readUntil, shownBy });
    const reply = await dispatch({
      command: command.command,
      data: registry.encodeCommand(command),
      commandId: derivedId(NAME, person, insight, readUntil, shownBy),
      actor: systemActor(NAME),
      onBehalfOf: person,
      origin: viewer.origin,
    });
    if (reply.outcome === 'rejected') throw new RejectedError(reply.rejection);
    if (reply.outcome === 'pending') throw new RejectedError(Unavailable({ retryAfterMs: 1_000 }));
  }

  return {
    async record(viewer, insight, shownBy) {
      const person = viewer.actor?.id;
      if (person === undefined) throw new TypeError('a role shows nothing to nobody');
      const key = `${insight} ${person}`;
      const now = clock.now();
      const known = leases.get(key);
      // A clock that was set back may have left the lease in another time.
      if (known !== undefined && known.from <= now && now <= known.until) return known.recorded;
      const context = { from: now, until: later(now, leaseMs) };
      const lease = { ...context, recorded: send(viewer, person, context, insight, shownBy) };
      leases.delete(key);
      leases.set(key, lease);
      const [oldest] = leases.keys();
      if (leases.size > REMEMBERED && oldest !== undefined) leases.delete(oldest);
      try {
        await lease.recorded;
      } catch (error) {
        if (leases.get(key) === lease) leases.delete(key);
        throw error;
      }
    },
  };
}
