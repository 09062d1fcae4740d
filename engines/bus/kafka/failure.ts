import { BusError, type BusErrorCode } from '#domain/kernel/ports/bus.ts';

const LONGEST_REASON = 300;
const DEEPEST = 10;

/** Kafka's own names of errors that mean more than that it has not worked. */
const codes: Readonly<Record<string, BusErrorCode>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'no_such_topic',
  INVALID_TOPIC_EXCEPTION: 'no_such_topic',
  UNKNOWN_TOPIC_ID: 'no_such_topic',
  MESSAGE_TOO_LARGE: 'too_large',
  RECORD_LIST_TOO_LARGE: 'too_large',
  TOPIC_AUTHORIZATION_FAILED: 'refused',
  GROUP_AUTHORIZATION_FAILED: 'refused',
  CLUSTER_AUTHORIZATION_FAILED: 'refused',
  SASL_AUTHENTICATION_FAILED: 'refused',
  UNSUPPORTED_SASL_MECHANISM: 'refused',
};

/** Behind these a producer's numbers are not Kafka's any more. */
const spoiling = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'UNKNOWN_PRODUCER_ID',
  'PRODUCER_FENCED',
]);

const fieldOf = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null
    ? (error as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** The error with all that it stands for. */
export function* causesOf(error: unknown, deep = 0): Generator<unknown> {
  if (error === undefined || error === null || deep > DEEPEST) return;
  yield error;
  yield* causesOf(fieldOf(error, 'cause'), deep + 1);
  const several = fieldOf(error, 'errors');
  if (Array.isArray(several)) for (const each of several) yield* causesOf(each, deep + 1);
}

/** Kafka's names of what went wrong. */
const typesOf = (error: unknown): readonly string[] =>
  [...causesOf(error)].flatMap((cause) => {
    const type = fieldOf(cause, 'type');
    return typeof type === 'string' ? [type] : [];
  });

function codeOf(error: unknown): BusErrorCode {
  for (const type of typesOf(error)) {
    const code = codes[type];
    if (code !== undefined) return code;
  }
  const names = [...causesOf(error)].map((cause) => fieldOf(cause, 'name'));
  return names.includes('KafkaJSSASLAuthenticationError') ? 'refused' : 'unavailable';
}

/** In the words of whoever was at the bottom of it. */
export function reasonOf(error: unknown): string {
  const told = [...causesOf(error)].flatMap((cause) => {
    const message = fieldOf(cause, 'message');
    return typeof message === 'string' && message !== '' ? [message] : [];
  });
  return (told.at(-1) ?? String(error)).slice(0, LONGEST_REASON);
}

/** Whether a producer that has failed so may not be used again, also for the same batch. */
export const spoilsProducer = (error: unknown): boolean => typesOf(error).some((type) => spoiling.has(type));

/** What an engine failed with, as the port tells it. */
export function busError(address: string, doing: string, error: unknown): BusError {
  if (error instanceof BusError) return error;
  return new BusError(codeOf(error), `${address}: ${doing}: ${reasonOf(error)}`, { cause: error });
}
