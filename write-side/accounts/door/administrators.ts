import type { PersonId } from '#domain/kernel/ids.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { reasonOf } from '#runtime/reason.ts';
import type { Known } from '../known.ts';

/** Whether anybody is an administrator: `none yet` where nobody ever was. */
export type Administered = 'yes' | 'no more' | 'none yet';

export interface Administrators {
  /** At this moment. @throws StoreError */
  standing(): Promise<Administered>;
  /** Tells the log once where nobody is one any more: no account can know that of all others, and roles run out by themselves. Never rejects. */
  look(): Promise<void>;
}

/** @param granted who was ever made an administrator, those last that were first */
export function administrators(
  { known }: { readonly known: Pick<Known, 'account'> },
  granted: () => AsyncIterable<PersonId>,
  log: Log,
): Administrators {
  let last: PersonId | undefined;
  let told = false;
  async function isOne(person: PersonId): Promise<boolean> {
    const account = await known.account(person);
    return account?.phase === 'active' && account.roles.includes('admin');
  }

  async function standing(): Promise<Administered> {
    // The history is read again only where the one who was found is one no more.
    if (last !== undefined && (await isOne(last))) return 'yes';
    const met = new Set<PersonId>();
    for await (const person of granted()) {
      if (met.has(person)) continue;
      met.add(person);
      if (!(await isOne(person))) continue;
      last = person;
      return 'yes';
    }
    last = undefined;
    return met.size === 0 ? 'none yet' : 'no more';
  }

  return {
    standing,
    async look() {
      try {
        const isLost = (await standing()) === 'no more';
        if (isLost && !told)
          log.warn({}, 'nobody is an administrator any more: start with FIRST_ADMIN to have one again');
        told = isLost;
      } catch (error) {
        log.warn({ why: reasonOf(error) }, 'whether anybody is an administrator is not known');
      }
    },
  };
}
