import type { Bench } from '../row.ts';
import { publishBench } from './publish.ts';

/** On servers: MongoDB and Kafka. */
export const engineBenches: readonly Bench[] = [publishBench];
