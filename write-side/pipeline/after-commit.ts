import type { Dispatch, Position, RecordedEvent, Reply } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Reaction } from '#domain/kernel/reaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import type { Outcome, Workflow } from '#domain/kernel/workflow.ts';
import { followChain } from '#runtime/chain.ts';
import type { FollowedChains } from '#runtime/followed-chains.ts';
import type { KeptLine } from '#runtime/kept-line.ts';

/** A command's events on their way through the reactions. */
export interface Following {
  /** Everything met so far, the command's own events first. Grows until `ended`. */
  readonly met: readonly RecordedEvent[];
  /** Calls back after each event that is met from now on. One listener at most. */
  listen(met: () => void): void;
  /** Never rejects: a chain that stops short is finished by the catch-up consumer. */
  readonly ended: Promise<void>;
}

interface AfterCommit {
  /** Runs the reactions on these events, in their order, each chain to its end. */
  follow(events: readonly RecordedEvent[]): Following;
  /**
   * The reply of a workflow, as soon as its chain has said how it ended: what else the chain has to do, such as letting go
   * of whoever was outbid, is not the caller's to wait for. `pending` when that takes too long.
   */
  outcome(workflow: Workflow, own: Reply, following: Following): Promise<Reply>;
}

const lastPosition = (events: readonly RecordedEvent[]): Position | undefined =>
  events.reduce<Position | undefined>(
    (last, { position }) => (last === undefined || position > last ? position : last),
    undefined,
  );

interface Options {
  /** Puts a command into its stream's queue in the moment in which it is called. */
  readonly dispatch: Dispatch;
  readonly registry: Registry;
  readonly reactions: readonly Reaction[];
  readonly clock: Clock;
  readonly log: Log;
  readonly outcomeWaitMs: number;
  /** Told of each chain, for the catch-up consumer of the same process. */
  readonly followed?: FollowedChains | undefined;
  readonly lines?: readonly KeptLine[] | undefined;
}

function following(options: Options): AfterCommit['follow'] {
  const { dispatch, registry, reactions, log, followed, lines } = options;
  const begins = new Set(reactions.flatMap(({ events }) => events.map(({ type }) => type)));

  async function followOne(event: RecordedEvent, met: (next: RecordedEvent) => void): Promise<void> {
    const where = { stream: event.stream, revision: event.revision };
    try {
      const chain = followChain({ dispatch, registry, reactions, event, met, lines, queues: true });
      followed?.follow(event, chain);
      const { unanswered } = await chain;
      if (unanswered !== undefined) log.warn({ ...where, ...unanswered }, 'a chain stopped short');
    } catch (error) {
      log.error({ ...where, err: error }, 'a chain could not be followed');
    }
  }

  async function followAll(
    events: readonly RecordedEvent[],
    met: (next: RecordedEvent) => void,
  ): Promise<void> {
    for (const event of events) if (begins.has(event.type)) await followOne(event, met);
  }

  return (events) => {
    const met = [...events];
    let told: (() => void) | undefined;
    const ended = followAll(events, (next) => {
      met.push(next);
      told?.();
    });
    return {
      met,
      ended,
      listen(listener) {
        told = listener;
      },
    };
  };
}

function outcomes({ clock, log, outcomeWaitMs }: Options): AfterCommit['outcome'] {
  function judge(workflow: Workflow, met: readonly RecordedEvent[]): Outcome {
    try {
      return workflow.outcome(met);
    } catch (error) {
      // Recorded all the same, so the one answer that must not be given is a no.
      log.error(
        { command: workflow.command.type, err: error },
        'the outcome of a workflow could not be told',
      );
      return 'pending';
    }
  }

  /** Resolves when the outcome is known, at the end of the chain, or when the caller has waited long enough. */
  async function outcomeOrTime(workflow: Workflow, following: Following): Promise<void> {
    const { promise: known, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (judge(workflow, following.met) !== 'pending') resolve();
    };
    following.listen(look);
    look();
    const cancel = clock.at(later(clock.now(), outcomeWaitMs), resolve);
    await Promise.race([known, following.ended]);
    cancel();
  }

  return async (workflow, own, following) => {
    // A no of its own, or nothing to do, is final: no reaction can change it.
    if (own.outcome !== 'accepted' || own.events.length === 0) return own;
    await outcomeOrTime(workflow, following);
    const met = [...following.met];
    const outcome = judge(workflow, met);
    const { commandId, stream, events } = own;
    const position = lastPosition(met);
    if (outcome === 'accepted' || outcome === 'pending') {
      return { outcome, commandId, stream, position, events };
    }
    if (!('rejected' in outcome))
      return { outcome: 'accepted', commandId, stream, position, events, decision: outcome };
    return { outcome: 'rejected', commandId, rejection: outcome, position, events };
  };
}

export const afterCommit = (options: Options): AfterCommit => ({
  follow: following(options),
  outcome: outcomes(options),
});
