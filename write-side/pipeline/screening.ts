import type { AnyDecider } from '#domain/kernel/decider.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Process } from '#domain/kernel/process.ts';
import { Overloaded } from '#domain/kernel/rejections.ts';
import type { Head } from './head.ts';
import type { Heads } from './heads.ts';
import type { ReadyCommand } from './intake.ts';
import type { PipelineLimits } from './limits.ts';
import type { Rate } from './rate.ts';

/**
 * What the screen of a command's process hands to its decider; `undefined` for a command without one.
 *
 * @throws StoreError when the stream could not be read
 */
export type Screening = (ready: ReadyCommand) => Promise<Screened>;
export type Screened = { readonly screened: unknown } | Rejection;

export function screening(options: {
  readonly processes: ReadonlyMap<string, Process>;
  readonly heads: Heads;
  readonly clock: Pick<Clock, 'now'>;
  readonly rate: Rate;
  readonly limits: Pick<PipelineLimits, 'screensReading'>;
}): Screening {
  const { processes, heads, clock, rate, limits } = options;
  let reading = 0;

  async function readToEnd(stream: string, decider: AnyDecider): Promise<Head> {
    reading += 1;
    try {
      return await heads.refresh(stream, decider);
    } finally {
      reading -= 1;
    }
  }

  return async ({ command, data, envelope }) => {
    const process = processes.get(command.type);
    if (process === undefined) return { screened: undefined };
    const stream = process.streamRead(data);
    const screen = ({ state }: Head): unknown =>
      process.screen(state, data, { now: clock.now(), actor: envelope.actor });
    const cached = heads.cached(stream);
    if (cached !== undefined) {
      const screened = screen(cached);
      // A yes may be out of date: the stages behind it decide again. A no would be the last word, so it has to be new.
      if (!process.refuses(screened)) return { screened };
    }
    if (reading >= limits.screensReading) return Overloaded({ retryAfterMs: rate.waitMs(reading) });
    return { screened: screen(await readToEnd(stream, process.reads)) };
  };
}
