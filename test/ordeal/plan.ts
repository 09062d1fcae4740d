import type { Random } from '#domain/kernel/ports/facts.ts';
import type { Fault } from './faults.ts';

/** What can be killed: each role by its replicas in turn, and each server. */
const TARGETS: readonly (readonly string[])[] = [
  ['write-side'],
  ['projections-1', 'projections-2'],
  ['read-api-1', 'read-api-2'],
  ['publisher-1', 'publisher-2'],
  ['mongodb'],
  ['kafka'],
];
/** Longer than a lease of shared work, in milliseconds. */
const PAUSE_MS = 8_000;

export interface PlanOptions {
  /** Of each role and each server. */
  readonly kills: number;
  /** Of each server, in milliseconds. */
  readonly outageMs: number;
  readonly random: Random;
}

/** So many kills of each role and server, as many stops of projections, and an outage of each server, in an order by chance. */
export function planned({ kills, outageMs, random }: PlanOptions): readonly Fault[] {
  const faults: Fault[] = [
    { kind: 'outage', target: 'mongodb', forMs: outageMs },
    { kind: 'outage', target: 'kafka', forMs: outageMs },
  ];
  for (let nth = 0; nth < kills; nth++) {
    for (const names of TARGETS)
      faults.push({ kind: 'kill', target: names[nth % names.length] ?? 'write-side' });
    faults.push({ kind: 'pause', target: `projections-${1 + (nth % 2)}`, forMs: PAUSE_MS });
  }
  return faults
    .map((fault) => ({ fault, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ fault }) => fault);
}
