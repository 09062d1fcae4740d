import type { AnyDecider } from './kernel/decider.ts';
import type { Process } from './kernel/process.ts';

/** Every stream's decider. Only the write side may see them. */
export const deciders: readonly AnyDecider[] = [];
/** The commands that span contexts. */
export const processes: readonly Process[] = [];
