import type { Position } from '#domain/kernel/envelope.ts';
import type { EventFilter, EventStore } from '#domain/kernel/ports/event-store.ts';

/** So many pages are kept for the slowest of those who follow the same: twice what one of them gathers before it works, and a few. */
const KEPT_PAGES = 18;

type Read = Parameters<EventStore['readAll']>[0];
type Page = ReturnType<EventStore['readAll']>;

/** What one follower reads while it is behind. */
export interface PageReader {
  /** @throws StoreError */
  read(asked: Read): Page;
  /** It has the present, until it reads again: what is kept is history, once all have the present. */
  isLive(): void;
  leave(): void;
}

interface Kept {
  readonly after: Position | undefined;
  readonly page: Page;
}

interface Company {
  followers: number;
  /** Those of them who have history before them. */
  behind: number;
  kept: readonly Kept[];
}

/**
 * History by pages, each read once for all who follow with the very same filter: the parts of one consumer, which come by at about the same
 * time. Whoever follows alone shares with nobody, and nothing is kept for it.
 */
export function sharedPages(
  store: Pick<EventStore, 'readAll'>,
): (filter: EventFilter | undefined) => PageReader {
  const companies = new Map<EventFilter, Company>();

  function pageFor(company: Company, asked: Read): Page {
    const known = company.kept.find(({ after }) => after === asked.after);
    if (known !== undefined) return known.page;
    const made: Kept = { after: asked.after, page: store.readAll(asked) };
    company.kept = [...company.kept.slice(1 - KEPT_PAGES), made];
    const forget = (): void => {
      company.kept = company.kept.filter((one) => one !== made);
    };
    // Where nothing was behind it, there may be something by the next look.
    made.page.then(({ through }) => through === asked.after && forget(), forget);
    return made.page;
  }

  return (filter = {}) => {
    const company = companies.get(filter) ?? { followers: 0, behind: 0, kept: [] };
    companies.set(filter, company);
    company.followers += 1;
    let isBehind = false;
    function be(behind: boolean): void {
      if (isBehind === behind) return;
      isBehind = behind;
      company.behind += behind ? 1 : -1;
      if (company.behind === 0) company.kept = [];
    }
    return {
      read(asked) {
        be(true);
        return company.followers > 1 ? pageFor(company, asked) : store.readAll(asked);
      },
      isLive: () => be(false),
      leave() {
        be(false);
        company.followers -= 1;
        if (company.followers === 0) companies.delete(filter);
      },
    };
  };
}
