import type { AnyDecider } from '#domain/kernel/decider.ts';
import type { Dispatch, Envelope, Reply } from '#domain/kernel/envelope.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { type EventStore, StoreError } from '#domain/kernel/ports/event-store.ts';
import type { Clock, NewId, Random } from '#domain/kernel/ports/facts.ts';
import { type Log, noLog } from '#domain/kernel/ports/log.ts';
import type { PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import type { SnapshotStore } from '#domain/kernel/ports/snapshot-store.ts';
import type { Reaction } from '#domain/kernel/reaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Internal, Unavailable } from '#domain/kernel/rejections.ts';
import type { Workflow } from '#domain/kernel/workflow.ts';
import type { FollowedChains } from '#runtime/followed-chains.ts';
import type { KeptLine } from '#runtime/kept-line.ts';
import { admissionControl, type Side } from './admission.ts';
import { afterCommit, type Following } from './after-commit.ts';
import { headsOf } from './heads.ts';
import { intake } from './intake.ts';
import { type PipelineLimits, pipelineLimits } from './limits.ts';
import { pauses } from './pause.ts';
import { keysFor } from './people.ts';
import { preconditions } from './preconditions.ts';
import type { Settled } from './queues.ts';
import { observedRate, type Rate } from './rate.ts';
import { refused, replyOf } from './reply.ts';
import { seenKeys } from './seen-keys.ts';
import { snapshotsIn } from './snapshots.ts';
import { streamQueues } from './stream-queue.ts';

export interface PipelineOptions {
  readonly store: EventStore;
  readonly registry: Registry;
  readonly deciders: readonly AnyDecider[];
  readonly workflows: readonly Workflow[];
  readonly reactions: readonly Reaction[];
  /** The time of the business: what is decided and checked is told it. */
  readonly clock: Clock;
  /** Whose time passes between two tries and while a caller waits; for when the other one is simulated. Default: the same. */
  readonly pauseClock?: Clock;
  readonly newId: NewId;
  readonly random: Random;
  /** By which what is about people is sealed. */
  readonly personKeys: Pick<PersonKeys, 'make'>;
  /** Without it every cold stream is read from its beginning. */
  readonly snapshots?: SnapshotStore;
  readonly log?: Log;
  /** Where the catch-up consumer runs in this process too: told of each chain, so that it need not follow it again. */
  readonly followed?: FollowedChains;
  /** Of the lines of the reactions; without them chains do not wait for each other. */
  readonly lines?: readonly KeptLine[];
  readonly limits?: Partial<PipelineLimits>;
}

export interface PipelineStatus {
  readonly draining: boolean;
  /** Commands admitted and not yet done with, their chains included. */
  readonly inFlight: Readonly<Record<Side, number>>;
  /** Commands from outside that may be under way, as far as the last answers tell. */
  readonly limit: number;
  /** Commands that wait for their stream, and in how many streams. */
  readonly queued: { readonly streams: number; readonly commands: number };
  readonly cached: { readonly streams: number; readonly commands: number };
  readonly answeredPerSecond: number;
}

export interface Pipeline {
  /** Never rejects: whatever a caller can cause, and whatever goes wrong here, is a reply. */
  readonly dispatch: Dispatch;
  /**
   * The state that a stream has come to, read to its end: for whoever checks a secret that only deciders keep. With the revision of the last
   * event in it (-1: there is none), because others may be recorded in this moment.
   *
   * @throws StoreError
   */
  stateOf(
    decider: AnyDecider,
    stream: string,
  ): Promise<{ readonly state: unknown; readonly revision: number }>;
  /** Takes nothing more in (`unavailable`), and resolves when all that was taken in is done, chains and snapshots too. */
  drain(): Promise<void>;
  status(): PipelineStatus;
}

/** Anything may be in an envelope that has not been read yet. */
const commandIdOf = ({ commandId }: Envelope): string =>
  typeof commandId === 'string' ? commandId.slice(0, 64) : '';

const sideOf = ({ actor }: Envelope): Side =>
  Array.isArray(actor?.roles) && actor.roles.includes('system') ? 'system' : 'external';

/** What was done for a command: one that is still pending was to be accepted, and takes too long. */
const kindOf = ({ command }: Envelope, reply: Reply): string =>
  `${command} ${reply.outcome === 'rejected' ? reply.rejection.code : 'accepted'}`;

/** What all parts of one pipeline share. */
interface Shared {
  readonly workflows: ReadonlyMap<string, Workflow>;
  readonly limits: PipelineLimits;
  readonly pauseClock: Clock;
  readonly rate: Rate;
  readonly log: Log;
}

function sharedBy({ clock, pauseClock = clock, log = noLog, ...options }: PipelineOptions): Shared {
  return {
    workflows: new Map(options.workflows.map((workflow) => [workflow.command.type, workflow])),
    limits: { ...pipelineLimits, ...options.limits },
    pauseClock,
    rate: observedRate(pauseClock),
    log,
  };
}

interface Decisions {
  /** Decides one command and answers for it alone: no admission, no reactions. */
  decide(envelope: Envelope): Promise<{ readonly reply: Reply; readonly repeated: boolean }>;
  stateOf: Pipeline['stateOf'];
  /** Resolves when nothing is being written behind the answers any more. */
  settled(): Promise<void>;
  size(): Pick<PipelineStatus, 'queued' | 'cached'>;
}

/** @throws TypeError for a command that two deciders claim */
function decisions(options: PipelineOptions, shared: Shared): Decisions {
  const { store, registry, clock, newId } = options;
  const { workflows, limits, pauseClock, rate, log } = shared;
  const pause = pauses(pauseClock, options.random, limits);
  const snapshots = snapshotsIn(options.snapshots, { limits, log });
  const seen = seenKeys(limits.keysSeen);
  const heads = headsOf({ store, registry, snapshots, seen, limits });
  const read = intake(registry, options.deciders);
  const withKeys = keysFor(options.personKeys);
  const soleWriter = store.soleWriter === true;
  const precondition = preconditions({ workflows, heads, clock, rate, limits, soleWriter });

  function internal(error: unknown, about: Readonly<Record<string, string>>): Rejection {
    const reference = newId();
    log.error({ ...about, reference, err: error }, 'a command failed for a mistake of ours');
    return Internal({ reference });
  }

  const queues = streamQueues({
    ...{ store, registry, heads, snapshots, seen, clock, newId, pause, rate, log, limits, internal },
  });

  return {
    async decide(envelope) {
      const commandId = commandIdOf(envelope);
      const no = (rejection: Rejection) => ({ reply: refused(commandId, rejection), repeated: false });
      try {
        const known = read(envelope);
        if ('rejected' in known) return no(known);
        const asked = withKeys(known);
        const ready = asked instanceof Promise ? await asked : asked;
        if ('rejected' in ready) return no(ready);
        const settled: Settled = await queues.submit(ready, sideOf(envelope), precondition(ready));
        const reply = replyOf(registry, envelope, ready.stream, settled);
        return { reply, repeated: settled.kind === 'recorded' && settled.repeated };
      } catch (error) {
        if (!(error instanceof StoreError)) return no(internal(error, { command: envelope.command }));
        log.warn({ command: envelope.command, err: error }, 'the store could not be read');
        return no(Unavailable({ retryAfterMs: rate.waitMs(1) }));
      }
    },
    async stateOf(decider, stream) {
      // Nobody else writes: what is in memory is the end of its stream.
      const known = soleWriter ? heads.cached(stream) : undefined;
      const { state, revision } = known ?? (await heads.refresh(stream, decider));
      return { state, revision };
    },
    settled: snapshots.settled,
    size: () => ({ queued: queues.size(), cached: heads.size() }),
  };
}

/**
 * The way of a command: admitted, read, checked, decided once in its stream's queue, recorded, answered, and followed
 * through the reactions.
 *
 * @throws TypeError for a command that two deciders claim.
 */
export function createPipeline(options: PipelineOptions): Pipeline {
  const shared = sharedBy(options);
  const { workflows, limits, pauseClock, rate, log } = shared;
  const admission = admissionControl({ limits, rate, clock: pauseClock, random: options.random });
  const { decide, stateOf, settled, size } = decisions(options, shared);

  const after = afterCommit({
    // A link of a chain stands inside the command that began it, which was admitted; it comes in even while we drain.
    dispatch: async (envelope) => (await decide(envelope)).reply,
    registry: options.registry,
    reactions: options.reactions,
    clock: pauseClock,
    log,
    outcomeWaitMs: limits.outcomeWaitMs,
    followed: options.followed,
    lines: options.lines,
  });

  /** Starts the reactions, unless they have run or whoever sent the command follows its chain. */
  function follow(envelope: Envelope, reply: Reply, repeated: boolean): Following | undefined {
    if (reply.events.length === 0 || envelope.origin.channel === 'reaction') return undefined;
    // The outcome of a workflow is nowhere but in its chain, so a repeat follows it again.
    if (repeated && !workflows.has(envelope.command)) return undefined;
    return after.follow(reply.events);
  }

  /** The reply, or what its chain comes to where that is the answer. */
  function outcomeOf(
    { command }: Envelope,
    reply: Reply,
    following: Following | undefined,
  ): Reply | Promise<Reply> {
    const workflow = workflows.get(command);
    if (workflow === undefined || following === undefined) return reply;
    return after.outcome(workflow, reply, following);
  }

  async function dispatch(envelope: Envelope): Promise<Reply> {
    const admitted = admission.enter(sideOf(envelope), String(envelope.actor?.id));
    if ('rejected' in admitted) return refused(commandIdOf(envelope), admitted);
    let following: Following | undefined;
    try {
      const { reply, repeated } = await decide(envelope);
      following = follow(envelope, reply, repeated);
      const answer = await outcomeOf(envelope, reply, following);
      if (reply.events.length > 0 && !repeated) admitted.answered(kindOf(envelope, answer));
      return answer;
    } finally {
      // Admitted until the chain has ended, whenever the answer was given: what runs behind an answer counts, too.
      if (following === undefined) admitted.leave();
      else void following.ended.finally(admitted.leave);
    }
  }

  return {
    dispatch,
    stateOf,
    async drain() {
      await admission.close();
      await settled();
    },
    status: () => ({
      draining: admission.closed(),
      inFlight: admission.inFlight(),
      limit: admission.limit(),
      ...size(),
      answeredPerSecond: rate.perSecond(),
    }),
  };
}
