import type { PersonId } from '#domain/kernel/ids.ts';
import type { Door } from './door.ts';
import { type DoorParts, isRejection } from './parts.ts';
import type { PersonRecords } from './records.ts';
import { ownAccount } from './standing.ts';

/** What is in it and what is not, for whoever reads it years later. */
const ABOUT =
  'All that is recorded under your name: your account, profile and sessions, your wallets in every currency, your payments, and your part in each auction that you have bid in; the texts about you opened. ' +
  'Not in it is what verifies your password and second factors, which is of use to nobody but whoever wants to guess them; what others have done, such as the other bids of an auction; the descriptions of lots that you have entered, which everybody can read; ' +
  'and what was recorded of this account before it was yours: before its address was proven, whoever registered it anew or reset its password took it over.';

/** One JSON document in pieces, so that it may be long. */
async function* document(records: PersonRecords, person: PersonId, madeAt: string): AsyncIterable<string> {
  yield `${JSON.stringify({ person, madeAt, about: ABOUT }).slice(0, -1)},"events":[`;
  let separator = '\n';
  for await (const record of records.of(person)) {
    yield separator + JSON.stringify(record);
    separator = ',\n';
  }
  yield '\n]}\n';
}

export function exporting(parts: DoorParts): Pick<Door, 'exportOf'> {
  return {
    async exportOf(person) {
      const account = await ownAccount(parts.known, person);
      if (isRejection(account)) return account;
      const tooMany = await parts.counts.count('export', person);
      return tooMany ?? document(parts.records, person, parts.clock.now());
    },
  };
}
