import { followChain } from '#domain/kernel/chain.ts';
import type { Dispatch, Position, RecordedEvent, Reply } from '#domain/kernel/envelope.ts';
import type { FollowedChains } from '#domain/kernel/followed-chains.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Process } from '#domain/kernel/process.ts';
import type { Reaction } from '#domain/kernel/reaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';

/** A command's events on their way through the reactions. */
export interface Following {
  /** Everything met so far, the command's own events first. Grows until `ended`. */
  readonly met: readonly RecordedEvent[];
  /** Never rejects: a chain that stops short is finished by the safety net. */
  readonly ended: Promise<void>;
}

interface AfterCommit {
  /** Runs the reactions on these events, in their order, each chain to its end. */
  follow(events: readonly RecordedEvent[]): Following;
  /** The reply of a process: what its chain came to, or `pending` when that takes too long. */
  outcome(process: Process, own: Reply, following: Following): Promise<Reply>;
}

const lastPosition = (events: readonly RecordedEvent[]): Position | undefined =>
  events.reduce<Position | undefined>(
    (last, { position }) => (last === undefined || position > last ? position : last),
    undefined,
  );

export function afterCommit(options: {
  readonly dispatch: Dispatch;
  readonly registry: Registry;
  readonly reactions: readonly Reaction[];
  readonly clock: Clock;
  readonly log: Log;
  readonly outcomeWaitMs: number;
  /** Told of each chain, for the safety net of the same process. */
  readonly followed?: FollowedChains | undefined;
}): AfterCommit {
  const { dispatch, registry, reactions, clock, log, outcomeWaitMs, followed } = options;
  const begins = new Set(reactions.flatMap(({ events }) => events.map(({ type }) => type)));

  async function followOne(event: RecordedEvent, met: RecordedEvent[]): Promise<void> {
    const where = { stream: event.stream, revision: event.revision };
    try {
      const chain = followChain({
        dispatch,
        registry,
        reactions,
        event,
        met: (next) => void met.push(next),
      });
      followed?.follow(event, chain);
      const { unanswered } = await chain;
      if (unanswered !== undefined) log.warn({ ...where, ...unanswered }, 'a chain stopped short');
    } catch (error) {
      log.error({ ...where, err: error }, 'a chain could not be followed');
    }
  }

  async function followAll(events: readonly RecordedEvent[], met: RecordedEvent[]): Promise<void> {
    for (const event of events) if (begins.has(event.type)) await followOne(event, met);
  }

  /** Resolves at the end of the chain, or when the caller has waited long enough. */
  async function endOrTime(ended: Promise<void>): Promise<void> {
    const { promise: time, resolve } = Promise.withResolvers<void>();
    const cancel = clock.at(later(clock.now(), outcomeWaitMs), resolve);
    await Promise.race([ended, time]);
    cancel();
  }

  function judge(process: Process, met: readonly RecordedEvent[]): 'pending' | 'accepted' | Rejection {
    try {
      return process.outcome(met);
    } catch (error) {
      // Recorded all the same, so the one answer that must not be given is a no.
      log.error({ command: process.command.type, err: error }, 'the outcome of a process could not be told');
      return 'pending';
    }
  }

  return {
    follow(events) {
      const met = [...events];
      return { met, ended: followAll(events, met) };
    },
    async outcome(process, own, following) {
      // A no of its own, or nothing to do, is final: no reaction can change it.
      if (own.outcome !== 'accepted' || own.events.length === 0) return own;
      await endOrTime(following.ended);
      const met = [...following.met];
      const outcome = judge(process, met);
      const { commandId, stream, events } = own;
      const position = lastPosition(met);
      if (outcome === 'accepted' || outcome === 'pending') {
        return { outcome, commandId, stream, position, events };
      }
      return { outcome: 'rejected', commandId, rejection: outcome, position, events };
    },
  };
}
