import { z } from 'zod';

/** What the process that decides says of itself to a role that asks whether it would be let in. */
export const Greeting = z.object({
  /** By which clock the business lives there; one of an older version does not say. */
  clock: z.enum(['system', 'simulated']).optional(),
});
export type ClockKind = NonNullable<z.output<typeof Greeting>['clock']>;
