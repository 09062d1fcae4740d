import type { FoldedAt } from '../../kernel/decider.ts';
import type { KnownAuction } from '../auction/state.ts';
import type { Inspector, Reading } from './reading.ts';

// Who knows what others may not know of an auction. Judged by person and not by token: knowledge does not stay behind with a
// role.

/**
 * Whether something was shown behind a place in the history. By position, since clocks can be set; by moment too, since
 * a reading stands for what was shown after it without being recorded again.
 */
const isAfter = ({ until, position }: Reading, place: Pick<FoldedAt, 'occurredAt' | 'position'>): boolean =>
  until >= place.occurredAt ||
  (position !== undefined && place.position !== undefined && position > place.position);

/** The reading by which a person may know the maxima of an auction: there are none before it opens. */
export const maximaKnown = (
  { maxima }: Inspector,
  { opened }: Pick<KnownAuction, 'opened'>,
): Reading | undefined =>
  maxima !== undefined && opened !== undefined && isAfter(maxima, opened) ? maxima : undefined;

/** The reading by which a person may know something of an auction that no bidder may: a maximum, or its reserve. */
export function secretsKnown(
  inspector: Inspector,
  auction: Pick<KnownAuction, 'opened' | 'scheduled' | 'terms'>,
): Reading | undefined {
  const { terms, scheduled } = auction;
  const known = maximaKnown(inspector, auction);
  if (known !== undefined || terms.reserve === undefined) return known;
  // A reserve is there as long as its lot is, and whoever sees maxima sees it too.
  const since = { position: scheduled.position, occurredAt: terms.consignedAt ?? scheduled.occurredAt };
  return [inspector.maxima, inspector.reserves].find(
    (reading) => reading !== undefined && isAfter(reading, since),
  );
}
