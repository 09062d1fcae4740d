import type { Dispatch, Reply } from '#domain/kernel/envelope.ts';
import { type Instant, millisecondsOf } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { isPersonal } from '#domain/kernel/personal.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import {
  Contended,
  NewerVersion,
  NotFound,
  Overloaded,
  Unauthenticated,
  Unavailable,
} from '#domain/kernel/rejections.ts';
import { TooManyAtOnceError } from '#runtime/places.ts';
import { type Turns, turns } from '#runtime/turns.ts';
import type { ReadCommand } from './retried.ts';

const HOUR_MS = 60 * 60 * 1_000;
/**
 * Within so long of its taking a command is decided, in milliseconds, and never behind it: an idempotency key is remembered for 24 hours,
 * and what is read again behind them would be decided twice. The hour is for clocks that disagree.
 */
export const COMMAND_LIFE_MS = 23 * HOUR_MS;
/** Commands from the bus that are decided at once, over all of its topics. What is more waits on the bus, and costs nobody anything. */
const COMMANDS_AT_ONCE = 32;
/** When a command that is too old may be sent again, in milliseconds: at once. */
const AGAIN_MS = 1_000;

const LATER: readonly string[] = [Overloaded.code, Unavailable.code, Contended.code, NewerVersion.code];

/** What a command came to: an answer, or that it may come to one later. */
export type Outcome =
  | { readonly kind: 'answered'; readonly reply: Reply }
  | { readonly kind: 'later' }
  | { readonly kind: 'too_old'; readonly reply: Reply & { readonly outcome: 'rejected' } };

export interface DecidingOptions {
  readonly registry: Registry;
  readonly dispatch: Dispatch;
  /** What each person may have under way, over every way in together. */
  readonly perPerson: Turns;
  /** The time of the machine, by which the bus takes records. */
  readonly clock: Pick<Clock, 'now'>;
}

/** Decides a command as REST does: the same pipeline, the same commands, the same turns. Never rejects. */
export function deciding({
  registry,
  dispatch,
  perPerson,
  clock,
}: DecidingOptions): (command: ReadCommand) => Promise<Outcome> {
  const atOnce = turns({ atWork: COMMANDS_AT_ONCE, waiting: Number.MAX_SAFE_INTEGER }, (work) => work());

  const ageMs = (takenAt: Instant): number => millisecondsOf(clock.now()) - millisecondsOf(takenAt);
  const no = (commandId: string, rejection: Rejection) =>
    ({ outcome: 'rejected', commandId, rejection, position: undefined, events: [] }) as const;

  async function inTurn(command: ReadCommand, actor: NonNullable<ReadCommand['actor']>): Promise<Reply> {
    const { command: name, data, idempotencyKey, correlationId, steppedUp = false } = command;
    const leave = await perPerson.take(actor.id);
    if (leave === undefined) return no(idempotencyKey, new TooManyAtOnceError().rejection);
    const end = await atOnce.take('');
    try {
      return await dispatch({
        ...{ command: name, data, actor, steppedUp },
        commandId: idempotencyKey,
        ...(correlationId !== undefined && { correlationId }),
        origin: { channel: 'bus' },
      });
    } finally {
      end?.();
      leave();
    }
  }

  async function replyTo(command: ReadCommand): Promise<Reply> {
    const { command: name, actor, idempotencyKey } = command;
    if (actor === undefined) return no(idempotencyKey, Unauthenticated({}));
    const known = registry.commands.get(name)?.command;
    // What nobody outside may send is not there for anybody outside, as by REST.
    if (known?.from === 'internal') return no(idempotencyKey, NotFound({ what: `command ${name}` }));
    // A topic keeps what it was sent, as it was sent, for as long as its broker does: nobody could be forgotten there.
    if (known !== undefined && isPersonal(known))
      return no(idempotencyKey, NotFound({ what: `command ${name} on the bus: it is about people` }));
    return inTurn(command, actor);
  }

  return async (command) => {
    if (ageMs(command.takenAt) > COMMAND_LIFE_MS) {
      const reply = no(command.idempotencyKey, Unavailable({ retryAfterMs: AGAIN_MS }));
      return { kind: 'too_old', reply };
    }
    const reply = await replyTo(command);
    const isLater =
      reply.outcome === 'rejected' && reply.events.length === 0 && LATER.includes(reply.rejection.code);
    return isLater ? { kind: 'later' } : { kind: 'answered', reply };
  };
}
