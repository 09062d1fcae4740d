import type { PlatformRole } from '#config';
import { BEGINNING } from '#domain/kernel/envelope.ts';
import type { Consume } from '#domain/kernel/ports/consumer.ts';
import { type ConsumerLoopOptions, consumerLoop } from '#engines/consumer/consumer.ts';
import { shareWork } from '#engines/consumer/sharing.ts';

/** How a role runs its consumers. */
export interface Work {
  readonly consume: Consume;
  /** Whether other processes may run the same. */
  readonly isShared: boolean;
  /** Before a stop: what is run here is handed on to the others. */
  leave(): Promise<void>;
}

/**
 * The consumers of a role are shared with the other processes that have it. Whoever does everything is the only one to run those of its
 * folder's history: it has one name for ever, so that a restart need not wait for the leases of a process that was killed. Nor need
 * sagas and reactions: they are run where the history is written, and whoever has that open has seen those before it end.
 *
 * @param owner names this process where there are others
 */
export function worksOn(
  options: Omit<ConsumerLoopOptions, 'owner' | 'sharing'>,
  owner: string | undefined,
): (role: PlatformRole) => Work {
  const { consumers, clock } = options;
  const fromBeginning =
    (consume: Consume): Consume =>
    (handler, consuming) =>
      consume(handler, { from: BEGINNING, ...consuming });
  if (owner === undefined) {
    const alone: Work = {
      consume: fromBeginning(consumerLoop({ ...options, owner: 'embedded' })),
      isShared: false,
      leave: async () => undefined,
    };
    return () => alone;
  }
  const heir: Work = {
    consume: fromBeginning(consumerLoop({ ...options, owner, isHeir: true })),
    isShared: false,
    leave: async () => undefined,
  };
  return (group) => {
    if (group === 'sagas') return heir;
    const sharing = shareWork({ consumers, clock, group, owner });
    const consume = fromBeginning(consumerLoop({ ...options, owner, sharing }));
    return { consume, isShared: true, leave: sharing.leave };
  };
}
