import {
  AccountRegistered,
  accountStream,
  EmailChanged,
  EmailVerified,
  RegistrationReplaced,
  VerifierChanged,
} from '#domain/accounts/account/messages.ts';
import { loginStream } from '#domain/accounts/login/messages.ts';
import { profileStream } from '#domain/accounts/profile/messages.ts';
import { sessionsStream } from '#domain/accounts/sessions/messages.ts';
import { consignorStream } from '#domain/auctions/consignor/messages.ts';
import { inspectorStream } from '#domain/auctions/inspector/messages.ts';
import { participantStream } from '#domain/auctions/participant/messages.ts';
import { currencies } from '#domain/kernel/currencies.ts';
import type { Position, RecordedEvent } from '#domain/kernel/envelope.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import { isRecorded } from '#domain/kernel/reaction.ts';
import { debtorStream } from '#domain/wallets/debtor/messages.ts';
import { paymentStream } from '#domain/wallets/payment/messages.ts';
import { unclaimedStream } from '#domain/wallets/unclaimed/messages.ts';
import { FundsReserved, TopUpRequested, walletStream } from '#domain/wallets/wallet/messages.ts';
import type { RecordPlaces } from '#write-side/accounts/door/records.ts';

const inEachCurrency = (person: PersonId): readonly string[] =>
  [...currencies.keys()].flatMap((currency) => [
    walletStream({ person, currency }),
    unclaimedStream({ person, currency }),
  ]);

/** Who registers anew takes the account over, and so does who resets its password, until somebody has proven its address. */
async function heldSince(events: AsyncIterable<RecordedEvent>): Promise<Position | undefined> {
  let since: Position | undefined;
  for await (const event of events) {
    // A reset comes before the proof that it is.
    if (isRecorded(event, EmailVerified)) break;
    const isReset = isRecorded(event, VerifierChanged) && event.data.by === 'reset';
    if (isReset || isRecorded(event, RegistrationReplaced)) since = event.position;
  }
  return since;
}

/** Where what is recorded about a person stands, in every context: the streams that bear their name, and what those lead to. */
export const personPlaces: RecordPlaces = {
  account: (person) => accountStream({ person }),
  heldSince,
  own: (person) => [
    ...[accountStream, profileStream, sessionsStream, inspectorStream, consignorStream, debtorStream].map(
      (of) => of({ person }),
    ),
    ...inEachCurrency(person),
  ],
  behind(event, person) {
    if (isRecorded(event, AccountRegistered) || isRecorded(event, EmailChanged))
      return [loginStream({ login: event.data.login })];
    if (isRecorded(event, TopUpRequested)) return [paymentStream({ paymentId: event.data.paymentId })];
    if (!isRecorded(event, FundsReserved)) return [];
    const { purpose, holdId } = event.data;
    if (purpose === 'bid') return [participantStream({ auctionId: holdId, person })];
    return purpose === 'withdrawal' ? [paymentStream({ paymentId: holdId })] : [];
  },
  // A login may have been others’ before, and be others’ again.
  isAbout: ({ stream, data }, person) =>
    !stream.startsWith(loginStream.prefix) || (data as { readonly person?: unknown }).person === person,
};
