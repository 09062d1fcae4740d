import { type DestinationStream, type Logger, pino } from 'pino';

interface ErrorTold {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorTold;
}

/**
 * What was thrown, as the log tells it. Whatever else an error carries is not told: it may be the command or the event at which
 * something failed, with all its secrets.
 */
function toldOf(thrown: unknown): ErrorTold {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: 'what was thrown is no error' };
  const { name, message, stack, cause } = thrown;
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
  return {
    ...{ type: name, message },
    ...(code !== undefined && { code }),
    ...(stack !== undefined && { stack }),
    ...(cause !== undefined && { cause: toldOf(cause) }),
  };
}

/** The log of the process. */
export const openLog = (level: string, output: DestinationStream): Logger =>
  pino({ level, serializers: { err: toldOf } }, output);
