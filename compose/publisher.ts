import type { Consumer } from '#domain/kernel/ports/consumer.ts';
import { publisher } from '#projections/publishing/publisher.ts';
import { registry } from './contexts.ts';
import type { Engines } from './engines.ts';

/** Tells the topics of every event that leaves. */
export const publish = ({ consume, store, bus, topicPrefix }: Engines): Promise<Consumer> =>
  consume(publisher({ registry, epoch: store.epoch, bus, prefix: topicPrefix }));
