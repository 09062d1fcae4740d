import { systemActor } from '#domain/kernel/actor.ts';
import type { Dispatch, Envelope, Reply } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Answer, Saga } from '#domain/kernel/saga.ts';
import { hopelessBy, unsettledBy } from '#runtime/chain.ts';
import { asError, reasonOf } from '#runtime/reason.ts';
import type { Instance, PendingSend } from './instance.ts';
import { streamOf } from './instance.ts';
import type { Instances } from './instances.ts';
import { NotNowError } from './lanes.ts';
import { pauseAfter, sagaLimits } from './limits.ts';
import { nextTimer } from './outstanding.ts';

export interface OutboxOptions {
  readonly instances: Instances;
  readonly dispatch: Dispatch;
  /** For timers of sagas. */
  readonly clock: Clock;
  /** For the pauses between tries. */
  readonly pauseClock: Clock;
  readonly log: Log;
  /** Whether this process is the one that sends; another one's work is left alone. */
  readonly owns: () => boolean;
  /** Called when an instance has nothing to do before its next timer. */
  readonly resting: (instance: Instance) => void;
}

/** Not now, and as the code stands not later. */
class HopelessError extends NotNowError {}

interface Job {
  readonly saga: Saga;
  readonly id: string;
  readonly stream: string;
  failures: number;
  /** Why its command comes to nothing however often it is sent. It keeps up its own instance alone, and is tried on. */
  hopeless: string | undefined;
  /** It was noticed again while it ran. */
  again: boolean;
  phase: 'waiting' | 'running' | 'pausing';
  cancelPause: (() => void) | undefined;
}

/**
 * Works on instances that have commands to send or timers that are due: each by one worker at a time, until it rests.
 *
 * A command is sent until its answer is recorded, so it may be decided more than once. A yes, and a no that an event
 * records, are remembered by the command's stream: whoever asks again hears the same. A no that nothing records is
 * forgotten, and a crash between it and its recorded answer may turn it into a yes. That is safe: the saga has not acted
 * on the no, and acts on the yes; the effect takes place once, because all tries share one id; and what follows has ids
 * that derive from the recorded step, so that each compensation runs once.
 *
 * Not safe would be a late yes behind a recorded no: a zombie that hears no, and records it, after its heir's try was
 * accepted. A saga that sends money another way on a no therefore needs one that is recorded. In this platform that holds:
 * settlement's way around (`proceeds`) stands on `CreditRefused`, which the wallet records even where there is none, and
 * remembers by its movement; its other noes end in `StopSettlement`, which moves nothing; hold and top-up expiry end with their
 * answer. Transfers, withdrawals and top-ups are reactions: these act on events alone, never on an answer.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #ready: Job[] = [];
  readonly #stuck = new Map<string, Error>();
  readonly #onChange = new Set<() => void>();
  #running = 0;
  #stopped = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get working(): number {
    return this.#jobs.size;
  }

  /** Instances whose saga threw on an answer or a timer. They stand still until a restart with better code. */
  get stuck(): ReadonlyMap<string, Error> {
    return this.#stuck;
  }

  /** Instances that wait for a repair, with the reason: those that are stuck, and those whose command nobody can take. */
  get inNeed(): ReadonlyMap<string, string> {
    const need = new Map([...this.#stuck].map(([stream, { message }]) => [stream, message]));
    for (const { stream, hopeless } of this.#jobs.values())
      if (hopeless !== undefined) need.set(stream, hopeless);
    return need;
  }

  /** False: too much waits already, or the outbox is stopped. */
  notice(saga: Saga, id: string): boolean {
    const stream = streamOf(saga.name, id);
    const known = this.#jobs.get(stream);
    if (known !== undefined) {
      known.again = true;
      return true;
    }
    if (this.#stuck.has(stream)) return true;
    if (this.#stopped || this.#jobs.size + this.#stuck.size >= sagaLimits.waiting) return false;
    const job: Job = {
      saga,
      id,
      stream,
      failures: 0,
      hopeless: undefined,
      again: false,
      phase: 'waiting',
      cancelPause: undefined,
    };
    this.#jobs.set(stream, job);
    this.#enqueue(job);
    return true;
  }

  /** As `notice`, but waits for room. Resolves without effect once stopped or aborted. */
  async noticeSoon(saga: Saga, id: string, signal: AbortSignal): Promise<void> {
    while (!this.#stopped && !signal.aborted && !this.notice(saga, id)) await this.#change(signal);
  }

  /** Resolves when nothing is being sent or waits to be; false once the signal aborts. */
  async idle(signal: AbortSignal): Promise<boolean> {
    while (this.#jobs.size > 0 && !signal.aborted) await this.#change(signal);
    return this.#jobs.size === 0;
  }

  /** Nothing new begins; resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const job of [...this.#jobs.values()]) if (job.phase !== 'running') this.#forget(job);
    this.#ready.length = 0;
    while (this.#running > 0) await this.#change();
    this.#changed();
  }

  #change(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const changed = () => {
        this.#onChange.delete(changed);
        signal?.removeEventListener('abort', changed);
        resolve();
      };
      this.#onChange.add(changed);
      signal?.addEventListener('abort', changed, { once: true });
    });
  }

  #changed(): void {
    for (const changed of [...this.#onChange]) changed();
  }

  #enqueue(job: Job): void {
    job.phase = 'waiting';
    this.#ready.push(job);
    this.#startNext();
  }

  #forget(job: Job): void {
    job.cancelPause?.();
    this.#jobs.delete(job.stream);
    this.#changed();
  }

  #startNext(): void {
    while (this.#running < sagaLimits.sending) {
      const job = this.#ready.shift();
      if (job === undefined) return;
      this.#running += 1;
      job.phase = 'running';
      // Never rejects: whatever is thrown is a pause or a stuck instance.
      this.#run(job).finally(() => {
        this.#running -= 1;
        this.#changed();
        this.#startNext();
      });
    }
  }

  async #run(job: Job): Promise<void> {
    try {
      do {
        job.again = false;
        while (!this.#stopped && this.#options.owns() && (await this.#doNext(job))) {
          job.failures = 0;
          job.hopeless = undefined;
        }
      } while (job.again && !this.#stopped);
      this.#forget(job);
    } catch (problem) {
      if (this.#stopped) this.#forget(job);
      else if (problem instanceof NotNowError) this.#pause(job, problem);
      else this.#stick(job, asError(problem));
    }
  }

  #pause(job: Job, problem: NotNowError): void {
    const { pauseClock, log } = this.#options;
    job.failures += 1;
    const hopeless = problem instanceof HopelessError ? problem.message : undefined;
    if (hopeless !== undefined && job.hopeless === undefined)
      log.error(
        { stream: job.stream, problem: hopeless },
        'a saga waits for a repair: nobody can take its command',
      );
    job.hopeless = hopeless;
    job.phase = 'pausing';
    if (job.failures % 10 === 0)
      log.warn({ stream: job.stream, failures: job.failures, problem: problem.message }, 'a saga waits');
    const until = later(pauseClock.now(), pauseAfter(job.failures));
    job.cancelPause = pauseClock.at(until, () => this.#enqueue(job));
  }

  #stick(job: Job, error: Error): void {
    this.#stuck.set(job.stream, error);
    this.#options.log.error({ stream: job.stream, problem: error.message }, 'a saga is stuck');
    this.#forget(job);
  }

  /** One step of the instance: a due timer first, then the oldest unanswered command. False: it rests. */
  async #doNext({ saga, id }: Job): Promise<boolean> {
    const { instances, clock, resting } = this.#options;
    const instance = await instances.look(saga.name, id);
    const timer = nextTimer(instance.outstanding);
    if (timer !== undefined && timer.at <= clock.now()) {
      await instances.take(saga, id, { kind: 'timer', ...timer });
      return true;
    }
    const [first] = instance.outstanding.pending;
    const send = first === undefined ? undefined : instance.sends.get(first);
    if (send === undefined) {
      resting(instance);
      return false;
    }
    const answer = await this.#send(saga, instance, send);
    await instances.take(saga, id, {
      kind: 'answer',
      commandId: send.commandId,
      purpose: send.purpose,
      answer,
    });
    return true;
  }

  async #send(saga: Saga, instance: Instance, send: PendingSend): Promise<Answer> {
    const envelope: Envelope = {
      command: send.command,
      data: send.data,
      commandId: send.commandId,
      actor: systemActor(saga.name),
      ...(instance.correlationId === undefined ? {} : { correlationId: instance.correlationId }),
      causationId: send.causationId,
      origin: { channel: send.channel },
    };
    let reply: Reply;
    try {
      reply = await this.#options.dispatch(envelope);
    } catch (error) {
      throw new NotNowError(`${send.command}: ${reasonOf(error)}`);
    }
    const problem = (why: string): string => `${send.command} ${send.commandId}: ${why}`;
    const hopeless = hopelessBy(reply);
    if (hopeless !== undefined) throw new HopelessError(problem(hopeless));
    const unsettled = unsettledBy(reply);
    if (unsettled !== undefined) throw new NotNowError(problem(unsettled));
    const events = reply.events.map(({ type, data }) => ({ type, data }));
    return reply.outcome === 'rejected'
      ? { outcome: 'rejected', rejection: reply.rejection, events }
      : { outcome: 'accepted', events };
  }
}
