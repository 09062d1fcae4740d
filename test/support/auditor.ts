import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import { judgement } from '#test/judge/judge.ts';

export interface Audit {
  /** What is wrong, as sentences; empty when all promises were kept. */
  readonly problems: readonly string[];
  /** Every account that ever moved, in minor units; those of clearing are left out, because they must end at zero. */
  readonly balances: Readonly<Record<string, bigint>>;
  /** Holds that still hold something: `<person>:<currency>/<holdId>` to minor units. */
  readonly held: Readonly<Record<string, bigint>>;
}

const PAGE_EVENTS = 1_000;

/** Has the judge read everything that a store holds, which has come to rest. */
export async function audit(store: Pick<EventStore, 'readAll'>): Promise<Audit> {
  const judge = judgement();
  for (let after = 0n, end = false; !end; ) {
    const page = await store.readAll({ after, limit: PAGE_EVENTS });
    for (const event of page.events) judge.see(event);
    after = page.through;
    end = page.end;
  }
  judge.atRest();
  return { problems: judge.problems(), balances: judge.balances(), held: judge.held() };
}
