import type { Consumer } from '#domain/kernel/ports/consumer.ts';
import { publisher } from '#projections/publishing/publisher.ts';
import { registry } from './contexts.ts';
import type { ProcessEngines, Work } from './engines.ts';

/**
 * Tells the topics of every event that leaves.
 * @param prefix what their names begin with
 */
export const publish = (
  { consume, store, bus }: Pick<ProcessEngines, 'store' | 'bus'> & Pick<Work, 'consume'>,
  prefix: string,
): Promise<Consumer> => consume(publisher({ registry, epoch: store.epoch, bus, prefix }));
