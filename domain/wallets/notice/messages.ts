import { z } from 'zod';
import { derivedId } from '../../kernel/canonical.ts';
import type { PersonId } from '../../kernel/ids.ts';
import { command, event, onceInPlain, preconditionOf, rejection } from '../../kernel/message.ts';
import { OwnAffair } from '../../kernel/own-affair.ts';
import { ProviderName } from '../../kernel/ports/payments.ts';
import { stream } from '../../kernel/stream.ts';
import { CaseReference } from '../ids.ts';

// Streams `notice-<waitingId>`: a genuine notice of a provider that waits for a person to look at it. This is the permanent
// storage format.

/** Ours: a provider's notice that nobody can read need not have one. */
export const WaitingId = z
  .string()
  .regex(/^[0-9a-f-]{36}$/)
  .meta({
    id: 'WaitingId',
    description: 'A notice of a payment provider that waits for somebody to look at it.',
  });

/** Under which a notice waits that the stream of its payment has refused, or cannot match yet. */
export const refusedNoticeId = (
  provider: string,
  { paymentId, noticeId }: { readonly paymentId: string; readonly noticeId: string },
): string => derivedId('refused notice', provider, paymentId, noticeId);

/** So much of a notice is kept: one that is about a payment has a few fields. It fits an event however it is escaped. */
const KEPT_CHARACTERS = 32 * 1024;
export const WholeNotice = z
  .object({ bytes: z.int().min(1), sha256: z.string().regex(/^[0-9a-f]{64}$/) })
  .meta({ id: 'WholeNotice', description: 'The length of a notice as it came, and the SHA-256 of it.' });

/** As much of the text of a notice as is kept; no letter is cut in two. */
export const beginningOf = (text: string): string =>
  text.length <= KEPT_CHARACTERS ? text : text.slice(0, KEPT_CHARACTERS).replace(/[\uD800-\uDBFF]$/, '');

/** Why a notice waits that returns more than is known to have moved. */
export const UNMATCHED = 'unmatched';

const kept = {
  waitingId: WaitingId,
  provider: ProviderName,
  /** The code of the rejection that it met, `invalid` where it could not be read, `unmatched` for a return of what has not moved. */
  why: z.string().max(64),
  /** As it came, when it is text; else in Base64. Of a long one the beginning. */
  body: z.string().max(KEPT_CHARACTERS),
  /** Where `body` is only the beginning: what has come in all, so that what the provider shows can be compared with it. */
  whole: WholeNotice.optional(),
};

export const NoticeKept = event('NoticeKept', {
  version: 1,
  published: { without: ['body', 'whole'] },
  description: 'A signed notice of the provider that the platform cannot follow: somebody has to look.',
  data: kept,
});
/** What became of a notice: no words, because it may be about somebody, and nobody need know about whom. */
export const NoticeResolution = z
  .enum([
    ...([
      'asked_provider',
      'dispute_answered',
      'corrected',
      'known_already',
      'not_ours',
      'no_action',
    ] as const),
    'told_since',
  ])
  .meta({
    id: 'NoticeResolution',
    description:
      'The provider or the bank was asked, the dispute answered, the money put right; it was known already, is about no payment of the house, or needs nothing; or (`told_since`, said by the platform alone) what it is about has been told since.',
  });
/** What somebody of the house can have done about it. */
const Handling = NoticeResolution.exclude(['told_since']).meta({
  id: 'NoticeHandling',
  description:
    'The provider or the bank was asked, the dispute answered, the money put right; or it was known already, is about no payment of the house, or needs nothing.',
});
/** How the platform said it in the first version. */
const TOLD_SINCE = 'What it is about has been told since.';

export const NoticeHandled = event('NoticeHandled', {
  version: 2,
  published: { without: ['resolution', 'reference', 'noteInPlain'] },
  description: 'Somebody of the house has seen to the notice, or what it is about has been told since.',
  data: {
    waitingId: WaitingId,
    resolution: NoticeResolution.optional(),
    reference: CaseReference.optional(),
    /** What somebody of the house wrote instead, in the first version. */
    noteInPlain: z.string().optional(),
  },
  upcasts: {
    1: ({ note, ...data }) =>
      note === TOLD_SINCE ? { ...data, resolution: 'told_since' } : onceInPlain('note')({ ...data, note }),
  },
});

export const NoticeUnknown = rejection('notice_unknown', {
  message: 'No notice waits under this id.',
  status: 404,
});

/** The streams of notices that wait for somebody. */
export const noticeStream = stream('notice', ({ waitingId }: { waitingId: string }) => waitingId);

export const KeepNotice = command('KeepNotice', {
  description: 'Keeps a signed notice for somebody to look at.',
  from: 'internal',
  data: kept,
  stream: noticeStream,
});
export const HandleNotice = command('HandleNotice', {
  description:
    'Records what was done about a notice of the payment provider that nothing could follow. Not by the person whose payment it names.',
  from: ['auctioneer', 'clerk'],
  data: { waitingId: WaitingId, resolution: Handling, reference: CaseReference.optional() },
  stream: noticeStream,
  rejections: [NoticeUnknown, OwnAffair],
  precondition: preconditionOf<PersonId | undefined>(),
});
export const MatchNotice = command('MatchNotice', {
  description: 'Takes a notice off the list because what it is about has been told since.',
  from: 'internal',
  data: { waitingId: WaitingId },
  stream: noticeStream,
});

export const events = [NoticeKept, NoticeHandled] as const;
export const commands = [KeepNotice, HandleNotice, MatchNotice] as const;
