import { z } from 'zod';
import { Instant } from '../../kernel/instant.ts';
import { capability, event } from '../../kernel/message.ts';

// Streams `saga-<name>-<id>`: each step of a saga is one event, which is inbox, outbox and timers in one append. What is
// written here is stored for ever.

/** Limits of one step. */
export const stepLimits = { sends: 50, timers: 20 } as const;

const Name = z.string().min(1).max(64);

/** An event by its place, so that any engine's history can name it. */
export const EventReference = z.object({
  eventId: z.string().max(64),
  type: Name,
  stream: z.string().max(256),
  revision: z.int().min(0),
});
export type EventReference = z.output<typeof EventReference>;

/** What a step answers to. */
const Input = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('event'), event: EventReference }),
  z.object({
    kind: z.literal('answer'),
    commandId: z.string().max(64),
    purpose: z.string().max(64),
    outcome: z.enum(['accepted', 'rejected']),
    /** Of the rejection. */
    code: z.string().max(64).optional(),
  }),
  z.object({ kind: z.literal('timer'), name: Name, at: Instant }),
]);

/** A command to be sent until it is answered, as it travels. */
const Send = z.object({
  purpose: z.string().max(64),
  command: Name,
  commandId: z.string().max(64),
  data: z.record(z.string(), z.json()),
});
export type Send = z.output<typeof Send>;

export const SagaStepped = event('SagaStepped', {
  version: 1,
  published: false,
  description: 'A saga took an input: its new state, and what is to be sent and waited for because of it.',
  data: {
    saga: Name,
    instance: z.string().min(1).max(200),
    /** Of the state's shape. */
    sagaVersion: z.int().min(1),
    input: Input,
    /** The last event looked at so far, this step's input or an earlier one: what stands before it is never an input again. */
    seen: EventReference,
    /**
     * Plain data, bigints tagged (`toPlain`). Nothing in it can be told apart, so all of it is guarded like the most that
     * an event may hold.
     */
    state: capability(z.json()),
    sends: capability(z.array(Send).max(stepLimits.sends)),
    timers: z.array(z.object({ name: Name, at: Instant })).max(stepLimits.timers),
    cancels: z.array(Name).max(stepLimits.timers),
    done: z.boolean(),
  },
});

export const events = [SagaStepped] as const;
