import type { Action, Answer } from '#engines/event-store/sqlite/writer.ts';
import { type Plant, plant } from '#test/support/plant.ts';

// Of what is written, followed and remembered below the business.

export const enginePlants: readonly Plant[] = [
  {
    name: 'checkpoint-before-write',
    story: 'A consumer moves its checkpoint first, and writes its documents behind it.',
    sow: () =>
      plant(
        () => import('#engines/consumer/consumer.ts'),
        'consumerLoop',
        (consumerLoop) =>
          ({ consumers, ...options }) =>
            consumerLoop({
              ...options,
              consumers: {
                lease: (...given) => consumers.lease(...given),
                release: (lease) => consumers.release(lease),
                async commit(commit) {
                  await consumers.commit({ ...commit, writes: [] });
                  return consumers.commit(commit);
                },
                checkpoint: (consumer) => consumers.checkpoint(consumer),
                all: () => consumers.all(),
                forget: (consumer) => consumers.forget(consumer),
                parked: (consumer) => consumers.parked(consumer),
                isParked: (consumer, key) => consumers.isParked(consumer, key),
                requestRetry: (consumer, key) => consumers.requestRetry(consumer, key),
              },
            }),
      ),
  },
  {
    name: 'timer-fired-twice',
    story: 'The timer that closes a lot is still waited for when it has come.',
    sow: () =>
      plant(
        () => import('#sagas/runtime/outstanding.ts'),
        'outstandingAfter',
        (outstandingAfter) => (before, step) => {
          const after = outstandingAfter(before, step);
          const { closing } = before.timers;
          const isClosing = step.input.kind === 'timer' && step.input.name === 'closing';
          return isClosing && !step.done && closing !== undefined
            ? { ...after, timers: { closing, ...after.timers } }
            : after;
        },
      ),
  },
  {
    name: 'gap-at-hand-over',
    story:
      'The ring of recent events does not know that it has dropped some: who is behind them goes on without.',
    sow: () =>
      plant(
        () => import('#engines/event-feed/ring.ts'),
        'eventRing',
        (eventRing) => (start, limits) => ({
          ...eventRing(start, limits),
          covers: (position) => position >= start,
        }),
      ),
  },
  {
    name: 'acknowledged-before-commit',
    story: 'The writer answers when it has written, not when that is durable.',
    sow: () =>
      plant(
        () => import('#engines/event-store/sqlite/writer.ts'),
        'Writer',
        (Writer) =>
          class extends Writer {
            #early: Answer[] = [];
            #writing: Extract<Action, { do: 'write' }> | undefined;

            override next(): Action {
              if (this.#early.length > 0) return { do: 'answer', answers: this.#early };
              const action = super.next();
              if (action.do === 'write') this.#writing = action;
              if (action.do !== 'answer') return action;
              const late = action.answers.filter(
                (answer) => answer.status !== 'appended' || answer.repeated === true,
              );
              return { do: 'answer', answers: late };
            }

            override wrote(): void {
              super.wrote();
              if (this.#writing === undefined) return;
              const { revision, position: first } = this.#writing;
              const more = this.#writing.append.events.length - 1;
              this.#early.push({
                ...{ status: 'appended', revision: revision + more, first, last: first + more },
              });
            }

            override answered(): void {
              if (this.#early.length > 0) this.#early = [];
              else super.answered();
            }
          },
      ),
  },
];
