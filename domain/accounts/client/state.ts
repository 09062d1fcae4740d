import type { EventOf } from '../../kernel/message.ts';
import type { ClientRegistered } from './messages.ts';

/** All that the door judges a system by. */
export type RegisteredClient = Omit<EventOf<typeof ClientRegistered>['data'], 'client' | 'by'>;
export type Client =
  | { readonly phase: 'none' | 'removed' }
  | { readonly phase: 'known'; readonly known: RegisteredClient };
export const noClient: Client = { phase: 'none' };
