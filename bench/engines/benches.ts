import type { Bench } from '../row.ts';
import { publishBench } from './publish.ts';
import { mongoRebuildBench } from './rebuild.ts';

/** On servers: MongoDB and Kafka. */
export const engineBenches: readonly Bench[] = [mongoRebuildBench, publishBench];
