import { z } from 'zod';
import type { ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { readJsonText, readUtf8 } from '#runtime/json-text.ts';
import { BODY_BYTES } from '../rest/body.ts';

/** The largest record: a body as REST takes it, and what stands around it here. */
export const RECORD_BYTES = BODY_BYTES + 16 * 1024;

const Key = z.string().regex(/^[\x21-\x7e]{1,64}$/);

/** A command as it stands on its topic. Strict: a field that nobody would hear is refused. */
export const CommandEnvelope = z
  .strictObject({
    command: z.string().min(1).max(64).meta({ description: 'Its name, for example PlaceBid.' }),
    // Its own schema reads it, as the pipeline does for everybody.
    data: z.unknown().meta({ description: 'As the body of the same command by REST.' }),
    idempotencyKey: Key.meta({
      description:
        'The id of the command: repeated, it is decided once and answered the same. Remembered for at least 24 hours.',
    }),
    token: z.string().optional().meta({
      description:
        'Who sends it, as `Authorization: Bearer …` says by REST. It has to hold when the broker takes the record. Without a good one the reply is `unauthenticated`.',
    }),
    replyTo: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,249}$/)
      .optional()
      .meta({ description: 'The topic of the reply; it has to be there. Without it nobody is told.' }),
    correlationId: Key.optional().meta({
      description:
        'Stands with the reply and with every event that this leads to. The idempotency key unless told.',
    }),
  })
  .meta({ id: 'CommandEnvelope', description: 'A command on its way in.' });
export type CommandEnvelope = z.output<typeof CommandEnvelope>;

/** Why a record is no command that could be answered. The sentence repeats nothing of what stands in it. */
export interface Unreadable {
  readonly unreadable: string;
}

const fields: readonly PropertyKey[] = Object.keys(CommandEnvelope.shape);

/** Which of our own fields is wrong; of others not even the name is told, which may be anything. */
function problemOf({ issues }: z.ZodError): string {
  const named = issues.map(({ path: [first], code }) => {
    if (first !== undefined && fields.includes(first)) return String(first);
    return code === 'unrecognized_keys' ? 'a field that nobody knows' : 'no object';
  });
  return `no command envelope: ${[...new Set(named)].join(', ')}`;
}

const problemsIn = (error: unknown): string => {
  if (!(error instanceof RejectedError)) throw error;
  const { issues } = error.rejection.details as { readonly issues: readonly { readonly problem: string }[] };
  return issues.map(({ problem }) => problem).join('; ');
};

/** Reads the value of a record, from whomever. Nothing is guessed or repaired. */
export function readEnvelope({ value }: Pick<ReceivedRecord, 'value'>): CommandEnvelope | Unreadable {
  if (value === undefined) return { unreadable: 'no value' };
  if (value.length > RECORD_BYTES) return { unreadable: `larger than ${RECORD_BYTES} bytes` };
  let json: unknown;
  try {
    json = readJsonText(readUtf8(value));
  } catch (error) {
    return { unreadable: problemsIn(error) };
  }
  const parsed = CommandEnvelope.safeParse(json);
  return parsed.success ? parsed.data : { unreadable: problemOf(parsed.error) };
}
