import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { answersTo } from './answers.ts';
import { type Deciding, type Queue, type Queued, type Queues, queuesByStream, rejected } from './queues.ts';
import { turnsOf } from './turn.ts';

/** `submit` never rejects: what goes wrong is a rejection, too. */
export type StreamQueues = Pick<Queues, 'submit' | 'size'>;

/**
 * One queue for each stream that has work. One append of a stream is in flight; what comes meanwhile is decided in arrival
 * order when it is done, and shares the next.
 */
export function streamQueues(deciding: Deciding): StreamQueues {
  const { limits } = deciding;
  const queues = queuesByStream(deciding, (queue) => void work(queue));
  const answers = answersTo(queues, deciding);
  const takeTurn = turnsOf(queues, answers, deciding);

  /** Those whose preconditions let them pass; the others are answered. All preconditions of a turn were begun when they came. */
  async function passed(commands: readonly Queued[]): Promise<readonly Queued[]> {
    const through: Queued[] = [];
    for (const command of commands) {
      try {
        const precondition = await command.checking;
        if ('rejected' in precondition) {
          queues.settle(command, rejected(precondition));
          continue;
        }
        command.precondition = precondition.precondition;
        through.push(command);
      } catch (error) {
        answers.fail([command], error);
      }
    }
    return through;
  }

  async function work(queue: Queue): Promise<void> {
    while (queue.waiting.length > 0) {
      const most = queue.alone > 0 ? 1 : limits.decisionsPerBatch;
      queue.alone = Math.max(0, queue.alone - 1);
      const commands = await passed(queue.waiting.splice(0, most));
      try {
        await takeTurn(queue, commands);
      } catch (error) {
        // Those that went back to the queue are still to be decided; only these are lost.
        const back = new Set(queue.waiting);
        const lost = commands.filter((command) => !back.has(command));
        answers.fail(lost, error);
        if (error instanceof StoreError) queues.failBehind(queue, lost);
      }
    }
    queues.delete(queue);
  }

  return { submit: queues.submit, size: queues.size };
}
