import type { PersonId } from '../../kernel/ids.ts';
import type { EventOf } from '../../kernel/message.ts';
import type { ClientRegistered } from './messages.ts';

/** All that the door judges a system by. `keepers`: who has registered it, and who has given it the secret of now. */
export type RegisteredClient = Omit<EventOf<typeof ClientRegistered>['data'], 'client' | 'by'> & {
  readonly keepers: readonly PersonId[];
};
export type Client =
  | { readonly phase: 'none' | 'removed' }
  | { readonly phase: 'known'; readonly known: RegisteredClient };
export const noClient: Client = { phase: 'none' };
