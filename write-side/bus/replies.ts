import type { Reply } from '#domain/kernel/envelope.ts';
import {
  type Bus,
  BusError,
  type BusErrorCode,
  type BusRecord,
  busLimits,
} from '#domain/kernel/ports/bus.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { type ReplyJson, replyJson } from '../rest/reply-json.ts';

/** What a reply cannot be sent for, however often it is tried. */
const FINAL: readonly BusErrorCode[] = ['no_such_topic', 'too_large', 'refused'];

/** A reply that found no way to whoever wanted it. */
export interface Undelivered extends ReplyJson {
  readonly topic: string;
  readonly why: string;
}

export interface Replies {
  /** Whether a reply may go there. */
  allows(topic: string): boolean;
  /**
   * Resolves when the reply stands; with what is left of it where it never will.
   * @throws BusError where it may later
   */
  send(
    reply: Reply,
    to: { readonly topic: string; readonly correlationId: string },
  ): Promise<Undelivered | undefined>;
}

/**
 * @param prefixes what the names of topics begin with to which replies may go
 * @param epoch of the store, for tokens
 */
export function replies(options: {
  readonly bus: Pick<Bus, 'send'>;
  readonly registry: Registry;
  readonly prefixes: readonly string[];
  readonly epoch: string;
}): Replies {
  const { bus, registry, prefixes, epoch } = options;

  async function attempt(record: BusRecord): Promise<string | undefined> {
    if (Buffer.byteLength(record.value) > busLimits.recordBytes / 2) return 'larger than a record may be';
    try {
      await bus.send([record]);
      return undefined;
    } catch (error) {
      if (error instanceof BusError && FINAL.includes(error.code)) return error.message;
      throw error;
    }
  }

  return {
    allows: (topic) => prefixes.some((prefix) => topic.startsWith(prefix) && topic.length > prefix.length),
    async send(reply, { topic, correlationId }) {
      const { status, body } = replyJson(reply, registry, epoch);
      const why = await attempt({
        topic,
        key: reply.commandId,
        value: JSON.stringify(body),
        headers: {
          'correlation-id': correlationId,
          'content-type': 'application/json',
          status: String(status),
        },
      });
      return why === undefined ? undefined : { topic, status, body, why };
    },
  };
}
