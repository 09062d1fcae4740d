import type { Afterwards } from '#domain/kernel/turns.ts';

/** Behind everything that has come in by then: the event loop looks at its connections between two of these. */
export const afterwards: Afterwards = (work) => void setImmediate(work);
