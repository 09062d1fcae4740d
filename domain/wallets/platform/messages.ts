import { z } from 'zod';
import { MovementId } from '../../kernel/ids.ts';
import { command, event } from '../../kernel/message.ts';
import { Currency, PositiveMinorUnits } from '../../kernel/money.ts';
import { Postings } from '../../kernel/posting.ts';

// Streams `platform-<account>:<currency>`: the house's own accounts. This is the permanent storage format.

/** `fees`: what the house earns. `unallocated`: money that no wallet could take, kept for whoever it belongs to. */
export const PlatformAccount = z
  .enum(['fees', 'unallocated'])
  .meta({ id: 'PlatformAccount', description: 'An account of the house.' });

const PlatformReason = z
  .enum(['premium', 'commission', 'fees', 'top_up', 'transfer', 'sale_proceeds', 'refund'])
  .meta({ id: 'PlatformReason', description: 'Why an account of the house was credited.' });

const credit = {
  account: PlatformAccount,
  currency: Currency,
  amount: PositiveMinorUnits,
  movement: MovementId,
  reason: PlatformReason,
};

export const PlatformCredited = event('PlatformCredited', {
  version: 1,
  description: 'Money came out of clearing into an account of the house.',
  data: { ...credit, postings: Postings },
});

export const CreditPlatform = command('CreditPlatform', {
  description: 'Moves money of a movement out of clearing to the house, once for each reason.',
  from: 'process',
  data: credit,
  stream: ({ account, currency }) => `platform-${account}:${currency}`,
});

export const platformEvents = [PlatformCredited] as const;
export const platformCommands = [CreditPlatform] as const;
