import { z } from 'zod';
import { MovementId, PersonId } from '../../kernel/ids.ts';
import { command, event } from '../../kernel/message.ts';
import { Currency, PositiveMinorUnits } from '../../kernel/money.ts';
import { stream } from '../../kernel/stream.ts';
import { Postings } from '../posting.ts';
import { word } from '../words.ts';

// Streams `platform-<account>:<currency>:<movement>`: what one movement has brought an account of the house. Histories of before
// keep all of an account in one stream, `platform-<account>:<currency>`. This is the permanent storage format.

/** `fees`: what the house earns. `unallocated`: where histories of before kept what no wallet could take. */
export const PlatformAccount = z
  .enum(['fees', 'unallocated'])
  .meta({ id: 'PlatformAccount', description: 'An account of the house.' });

const PlatformReason = word('PlatformReason', 'Why an account of the house was credited, for example fees.');

/** What was ever kept as `unallocated`: money of people. */
const OwnedReason = word('UnallocatedReason', 'What money without an owner had been for.');

const credit = {
  account: PlatformAccount,
  currency: Currency,
  amount: PositiveMinorUnits,
  movement: MovementId,
  reason: PlatformReason,
};

export const PlatformCredited = event('PlatformCredited', {
  version: 1,
  published: true,
  description: 'Money came out of clearing into an account of the house.',
  data: { ...credit, postings: Postings },
});

export const UnallocatedAssigned = event('UnallocatedAssigned', {
  version: 1,
  published: { without: ['postings', 'amount'] },
  description:
    'What no wallet could take, and was nobody’s, has its owner: it goes back into clearing and is owed to them. Without postings it is still in clearing.',
  data: {
    person: PersonId,
    currency: Currency,
    amount: PositiveMinorUnits,
    movement: MovementId,
    reason: OwnedReason,
    postings: Postings,
  },
});

/** The streams of the accounts of the house, of one movement each, and of histories of before of all of an account. */
export const platformStream = stream(
  'platform',
  ({ account, currency, movement }: { account: string; currency: Currency; movement?: MovementId }) =>
    movement === undefined ? `${account}:${currency}` : `${account}:${currency}:${movement}`,
);

export const CreditPlatform = command('CreditPlatform', {
  description: 'Moves money of a movement out of clearing to the house, once for each reason.',
  from: 'internal',
  data: {
    ...credit,
    /**
     * In a stream of the movement's own: no stream has to know all there ever were. Commands from before there were such
     * streams, which may come again, do not say it.
     */
    apart: z.literal(true).optional(),
  },
  stream: ({ account, currency, movement, apart }) =>
    platformStream({ account, currency, ...(apart && { movement }) }),
});

export const AssignUnallocated = command('AssignUnallocated', {
  description: 'Gives what a movement has left in `unallocated` back to its owner, once for each reason.',
  from: 'internal',
  data: {
    person: PersonId,
    currency: Currency,
    amount: PositiveMinorUnits,
    movement: MovementId,
    reason: OwnedReason,
  },
  stream: ({ currency }) => platformStream({ account: 'unallocated', currency }),
});

export const events = [PlatformCredited, UnallocatedAssigned] as const;
export const commands = [CreditPlatform, AssignUnallocated] as const;
