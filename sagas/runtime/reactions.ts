import type { Dispatch, Position, RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Consume, Consumer, ConsumerStatus } from '#domain/kernel/ports/consumer.ts';
import type { Reaction } from '#domain/kernel/reaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { type Chain, followReaction } from '#runtime/chain.ts';
import type { FollowedChains } from '#runtime/followed-chains.ts';
import type { KeptLine } from '#runtime/kept-line.ts';
import { inLanes, NotNowError } from './lanes.ts';

export interface ReactionsOptions {
  readonly reactions: readonly Reaction[];
  readonly consume: Consume;
  readonly dispatch: Dispatch;
  readonly registry: Pick<Registry, 'encodeCommand'>;
  /** What the write side of this very process has followed, if it runs here. */
  readonly followed?: FollowedChains;
  readonly lines?: readonly KeptLine[];
}

/** Under which name a reaction's catch-up consumer keeps its checkpoint. */
export const consumerOf = ({ name }: Reaction): string => `reaction:${name}`;

export interface Reactions {
  readonly consumers: readonly Consumer[];
  status(): readonly ConsumerStatus[];
  /** Whether every event up to `position` has been followed to the end of its chain, within the time. */
  reached(position: Position, timeoutMs: number): Promise<boolean>;
  stop(): Promise<void>;
}

/**
 * @throws NotNowError when the moment is at fault, and all that waits is tried again; Error when the command is, which parks its key: the
 * others go on, and staff who have mended it have the key tried again
 */
function demandEnd({ unanswered }: Chain): void {
  if (unanswered === undefined) return;
  const { command, commandId, why, hopeless = false } = unanswered;
  const problem = `${command} ${commandId}: ${why}`;
  throw hopeless ? new Error(problem) : new NotNowError(problem);
}

/**
 * The catch-up consumer behind the write side: meets every event of every reaction in the order of its key and follows its
 * chain to the end. What the write side did already is answered from its events; what a crash left undone is done now.
 * Only then the event counts as passed, and `passed` speaks.
 */
export async function startReactions(options: ReactionsOptions): Promise<Reactions> {
  const { reactions, consume } = options;

  async function take(reaction: Reaction, event: RecordedEvent): Promise<void> {
    if ((await options.followed?.toTheEnd(event)) !== true)
      demandEnd(await followReaction({ ...options, reaction, event, stage: 'on' }));
    demandEnd(await followReaction({ ...options, reaction, event, stage: 'passed' }));
  }

  const consumers: Consumer[] = [];
  for (const reaction of reactions) {
    const key = (event: RecordedEvent) => reaction.key(event);
    const consumer = await consume({
      name: consumerOf(reaction),
      filter: { types: reaction.events.map(({ type }) => type) },
      key,
      handle: (events, signal) => inLanes(events, key, signal, (event) => take(reaction, event)),
    });
    consumers.push(consumer);
  }

  return {
    consumers,
    status: () => consumers.map((consumer) => consumer.status()),
    async reached(position, timeoutMs) {
      const all = await Promise.all(consumers.map((consumer) => consumer.reached(position, timeoutMs)));
      return all.every((reached) => reached);
    },
    async stop() {
      await Promise.all(consumers.map((consumer) => consumer.stop()));
    },
  };
}
