import type { IncomingMessage } from 'node:http';
import type { Dispatch, Position } from '#domain/kernel/envelope.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import type { Quotas } from '#domain/kernel/ports/quotas.ts';
import type { Revocations } from '#domain/kernel/ports/revocations.ts';
import type { ReadAt, ViewReader } from '#domain/kernel/ports/views.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import type { View } from '#projections/view.ts';
import type { Turns } from '#runtime/turns.ts';
import type { Insight } from './authorization/insight.ts';
import type { Readings } from './authorization/readings.ts';
import type { FeedGate } from './feeds/gate.ts';
import type { HistoryReader } from './history/reader.ts';
import type { ReadLimits } from './limits.ts';
import type { LiveView } from './live/live-view.ts';
import type { Viewer } from './viewer.ts';

/** All that queries and feeds are answered from. */
export interface QueryServices {
  readonly registry: Registry;
  readonly dispatch: Dispatch;
  readonly views: ViewReader;
  readonly store: HistoryReader;
  readonly feed: EventFeed;
  /** By which an answer opens what is about people; nothing behind it is opened. And names the address by which one is sought. */
  readonly personKeys: Pick<PersonKeys, 'find' | 'nameOf'>;
  /** The machine's: it bounds waits. A simulated one would cut off every reader as it leaps. */
  readonly clock: Clock;
  /** The business's, by which tokens end; the same one unless the business lives by a simulated clock. */
  readonly businessClock: Clock;
  /** By which feeds end before their token does. */
  readonly revocations: Pick<Revocations, 'watch'>;
  /** From where a request comes; undefined: whoever asked has gone. */
  readonly addressOf: (request: IncomingMessage) => string | undefined;
  /** What each person may have under way, over every transport together. */
  readonly perPerson: Turns;
  /** What each network and each person may ask in a while. */
  readonly quotas: Quotas;
  readonly newId: NewId;
  readonly logger: Log;
  readonly limits: ReadLimits;
  /** What is followed of a view. @throws TypeError for a view that no context lists as followed */
  readonly live: (view: View) => LiveView;
  readonly feeds: FeedGate;
  readonly readings: Readings;
  /** Aborted when the server closes; every feed ends with it. */
  readonly closing: AbortSignal;
}

/** What a resolver is given beside its arguments. */
export interface ResolverContext {
  readonly viewer: Viewer;
  readonly services: QueryServices;
  /** What the answer shows because of a role: recorded before it leaves. */
  readonly insights: Set<Insight>;
  /** What is to be said beside the answer, which is given all the same. */
  readonly beside: Rejection[];
  /** From the argument `atLeast`: every view read must hold the history up to there. */
  readonly at: ReadAt;
}

export const readAt = (position: Position | undefined): ReadAt =>
  position === undefined ? {} : { position };
