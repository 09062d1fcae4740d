import type { Reply } from '#domain/kernel/envelope.ts';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import {
  type Bus,
  BusError,
  type BusErrorCode,
  type BusRecord,
  busLimits,
} from '#domain/kernel/ports/bus.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { type ReplyJson, replyJson } from '../rest/reply-json.ts';

/** What a reply cannot be sent for, however often it is tried. */
const FINAL: readonly BusErrorCode[] = ['no_such_topic', 'too_large', 'refused'];

/** So long a topic that has not taken a reply is not tried again, in milliseconds: each try may hold up others for as long as a send may take. */
const SPARED_MS = 30_000;
/** Topics that are remembered so. */
const MOST_SPARED = 1_000;

/** A reply that found no way to whoever wanted it. */
export interface Undelivered extends ReplyJson {
  readonly topic: string;
  readonly why: string;
  /** Whether it may find one later. */
  readonly mayPass: boolean;
}

export interface Replies {
  /** Whether a reply may go there. */
  allows(topic: string): boolean;
  /** It was not the topic's fault: the bus takes nothing else either. */
  trust(topic: string): void;
  /** Resolves when the reply stands; with what is left of it where it does not. */
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
  /** The time of the machine. */
  readonly clock: Pick<Clock, 'now'>;
}): Replies {
  const { bus, registry, prefixes, epoch, clock } = options;
  /** Topics that have not taken a reply: until when they are spared, and why. */
  const spared = new Map<string, { readonly untilMs: number; readonly why: string }>();
  const allows = (topic: string): boolean =>
    prefixes.some((prefix) => topic.startsWith(prefix) && topic.length > prefix.length);

  async function attempt(record: BusRecord): Promise<Pick<Undelivered, 'why' | 'mayPass'> | undefined> {
    const { topic } = record;
    // What waits may have been written where more was allowed.
    if (!allows(topic)) return { why: 'no reply may go there', mayPass: false };
    if (Buffer.byteLength(record.value) > busLimits.recordBytes / 2)
      return { why: 'larger than a record may be', mayPass: false };
    const nowMs = millisecondsOf(clock.now());
    const last = spared.get(topic);
    if (last !== undefined && last.untilMs > nowMs) return { why: last.why, mayPass: true };
    try {
      await bus.send([record]);
      spared.delete(topic);
      return undefined;
    } catch (error) {
      if (!(error instanceof BusError) || error.code === 'closed') throw error;
      const { message: why } = error;
      if (FINAL.includes(error.code)) return { why, mayPass: false };
      if (spared.size >= MOST_SPARED) spared.clear();
      spared.set(topic, { untilMs: millisecondsOf(clock.now()) + SPARED_MS, why });
      return { why, mayPass: true };
    }
  }

  return {
    allows,
    trust: (topic) => void spared.delete(topic),
    async send(reply, { topic, correlationId }) {
      const { status, body } = replyJson(reply, registry, epoch);
      const lost = await attempt({
        topic,
        key: reply.commandId,
        value: JSON.stringify(body),
        headers: {
          'correlation-id': correlationId,
          'content-type': 'application/json',
          status: String(status),
        },
      });
      return lost && { topic, status, body, ...lost };
    },
  };
}
