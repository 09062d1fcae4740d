import type { Context } from '../kernel/registry.ts';
import * as auction from './auction/messages.ts';
import * as consignor from './consignor/messages.ts';
import * as inspector from './inspector/messages.ts';
import * as lot from './lot/messages.ts';
import * as participant from './participant/messages.ts';
import * as sale from './sale/messages.ts';

export const auctions: Context = {
  name: 'auctions',
  description: 'Sales, lots, and timed English auctions with proxy bidding.',
  events: [
    ...sale.events,
    ...lot.events,
    ...auction.events,
    ...participant.events,
    ...inspector.events,
    ...consignor.events,
  ],
  commands: [
    ...sale.commands,
    ...lot.commands,
    ...auction.commands,
    ...participant.commands,
    ...inspector.commands,
    ...consignor.commands,
  ],
};
