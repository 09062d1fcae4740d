import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { Contended } from '#domain/kernel/rejections.ts';
import type { Answers } from './answers.ts';
import { type Appended, appendBatch } from './append-batch.ts';
import { type Batch, decideBatch } from './decide-batch.ts';
import { advance, type Head } from './head.ts';
import { type Deciding, type Queue, type Queued, type Queues, rejected } from './queues.ts';

/** Decides and records these commands, or some of the first of them; the rest goes back to the front of the queue. */
type TakeTurn = (queue: Queue, commands: readonly Queued[]) => Promise<void>;

/**
 * One try at a batch that was decided at `base`. `retry`: others have written, the same commands have to be decided
 * again. `fresh`: the head was read after these commands came.
 */
async function record(
  deciding: Deciding,
  batch: Batch<Queued>,
  { stream, decider }: Head,
  base: number,
  fresh: boolean,
): Promise<Appended | 'retry'> {
  if (batch.events.length > 0) {
    const appended = await appendBatch(deciding, stream, base, batch.events);
    return appended.status === 'conflict' ? 'retry' : appended;
  }
  // Nothing is appended, so no expected revision proves that the head is the head: a command that another process has
  // recorded since would get another answer here. What is remembered needs no proof.
  const remembered = batch.decided.every(({ verdict }) => verdict.kind === 'remembered');
  if (fresh || remembered) return { status: 'recorded', events: [] };
  const now = await deciding.heads.refresh(stream, decider);
  return now.revision === base ? { status: 'recorded', events: [] } : 'retry';
}

function fold(
  { heads, snapshots, log, limits }: Deciding,
  head: Head,
  events: readonly RecordedEvent[],
): void {
  try {
    advance(head, events, limits);
    heads.keep(head);
    snapshots.offer(head);
  } catch (error) {
    // The events are durable and are answered; the next command reads the stream anew.
    heads.drop(head.stream);
    log.error({ stream: head.stream, err: error }, 'recorded events could not be folded');
  }
}

export function turnsOf(queues: Queues, answers: Answers, deciding: Deciding): TakeTurn {
  const { heads, pause, limits } = deciding;

  function conclude(queue: Queue, batch: Batch<Queued>, result: Appended, head: Head): void {
    const commands = batch.decided.map(({ command }) => command);
    if (result.status === 'recorded') {
      fold(deciding, head, result.events);
      answers.answer(batch, result.events);
    } else if (result.status === 'failed') {
      const { error } = result;
      const unfit = error instanceof StoreError && error.code === 'invalid_event';
      if (unfit && commands.length > 1) {
        queue.alone = commands.length;
        queue.waiting.unshift(...commands);
      } else {
        answers.fail(commands, error);
        if (!unfit) queues.failBehind(queue, commands);
      }
    }
  }

  return async (queue, commands) => {
    const [first] = commands;
    if (first === undefined) return;
    const { stream, decider } = first;
    let turn = commands;
    let head = heads.cached(stream);
    let fresh = head === undefined;
    head ??= await heads.refresh(stream, decider);
    for (let attempt = 1; attempt <= limits.decideAttempts; attempt++) {
      const base = head.revision;
      const batch = decideBatch(deciding, head, turn);
      queue.waiting.unshift(...batch.left);
      turn = batch.decided.map(({ command }) => command);
      const result = await record(deciding, batch, head, base, fresh);
      if (result !== 'retry') return conclude(queue, batch, result, head);
      await pause(attempt);
      head = await heads.refresh(stream, decider);
      if (head.revision === base) {
        // Refused, and nothing new stands there: what is cached is not what the history has.
        heads.drop(stream);
        head = await heads.refresh(stream, decider);
      }
      fresh = true;
    }
    const retryAfterMs = queues.retryAfterMs();
    for (const command of turn) queues.settle(command, rejected(Contended({ retryAfterMs })));
    queues.failBehind(queue, turn);
  };
}
