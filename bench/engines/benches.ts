import type { Bench } from '../row.ts';
import { engineBidBench } from './bid.ts';
import { commandBench } from './command.ts';
import { publishBench } from './publish.ts';
import { mongoRebuildBench } from './rebuild.ts';

/** On servers: MongoDB and Kafka. */
export const engineBenches: readonly Bench[] = [
  engineBidBench,
  mongoRebuildBench,
  publishBench,
  commandBench,
];
