import { auctions } from './auctions/context.ts';
import { type Context, registryOf } from './kernel/registry.ts';
import { events as sagaEvents } from './processes/saga/messages.ts';
import { wallets } from './wallets/context.ts';

/** What belongs to no single context: the steps of the sagas. */
const processes: Context = {
  name: 'processes',
  description: 'What spans contexts: the steps of the sagas.',
  events: sagaEvents,
  commands: [],
};

/** Every context's messages. A context joins the platform by being listed here and in deciders.ts. */
export const registry = registryOf([auctions, wallets, processes]);
