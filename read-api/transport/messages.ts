import { MessageType } from 'graphql-ws';
import { z } from 'zod';
import { readJsonText } from '#runtime/json-text.ts';
import type { ReadLimits } from '../limits.ts';

// What a client may say on a socket. The core of `graphql-ws` reads the same text again, and repeats much of it: ids in every
// answer and in the reason of a goodbye, the payload of a ping in its pong. Here each of these gets its length.

const Extras = z.record(z.string(), z.unknown()).nullish();
const greeting = { payload: Extras };

function schemaOf({ operationIdCharacters }: Pick<ReadLimits, 'operationIdCharacters'>) {
  const id = z.string().min(1).max(operationIdCharacters);
  const payload = z.object({
    /** Empty where the operation is one that is kept here, and known by its id. */
    query: z.string(),
    documentId: z.string().max(255).nullish(),
    operationName: z.string().nullish(),
    variables: Extras,
    extensions: Extras,
  });
  return z.discriminatedUnion('type', [
    z.object({ type: z.literal(MessageType.ConnectionInit), ...greeting }),
    z.object({ type: z.literal(MessageType.Ping), ...greeting }),
    z.object({ type: z.literal(MessageType.Pong), ...greeting }),
    z.object({ type: z.literal(MessageType.Subscribe), id, payload }),
    z.object({ type: z.literal(MessageType.Complete), id }),
  ]);
}
export type ClientMessage = z.output<ReturnType<typeof schemaOf>>;

/** Reads a message; a breach is told in a few words. */
export type ReadMessage = (text: string) => ClientMessage | { readonly problem: string };

function jsonOf(text: string): unknown {
  try {
    return readJsonText(text);
  } catch {
    return undefined;
  }
}

export function messageReader(
  limits: Pick<ReadLimits, 'operationIdCharacters' | 'controlBytes'>,
): ReadMessage {
  const schema = schemaOf(limits);
  return (text) => {
    const parsed = schema.safeParse(jsonOf(text));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return { problem: `Invalid message: ${issue?.path.join('.') || 'it'}: ${issue?.message}` };
    }
    const { type } = parsed.data;
    const echoed = type === MessageType.Ping || type === MessageType.Pong;
    if (echoed && Buffer.byteLength(text) > limits.controlBytes)
      return { problem: `Invalid message: a ${type} has at most ${limits.controlBytes} bytes` };
    return parsed.data;
  };
}
