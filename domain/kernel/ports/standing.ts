import type { Instant } from '../instant.ts';

/** How an engine is doing, as whoever looks after the platform is told: in health, in metrics, never with a secret. */
export interface Standing {
  /** Where it is: `sqlite:events.db`, `mongodb://host/database`, `kafka://host:9092/annals`. */
  readonly address: string;
  /** Whether it answered when it was last asked. */
  readonly state: 'up' | 'down';
  /** How often it has failed since it was opened. */
  readonly errors: number;
  /** What it failed with last, also where it answers again. */
  readonly lastError?: { readonly message: string; readonly at: Instant };
}
