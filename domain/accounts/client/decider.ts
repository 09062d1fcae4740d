import { decider } from '../../kernel/decider.ts';
import type { EventOf } from '../../kernel/message.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import {
  ClientExists,
  ClientRegistered,
  ClientRemoved,
  ClientUnknown,
  ClientVerifierRotated,
  clientStream,
  commands,
  events,
} from './messages.ts';

/** All of it that the door judges a system by. */
type Known = Pick<EventOf<typeof ClientRegistered>['data'], 'verifier' | 'grantTypes' | 'redirectUris'>;
type Client = { readonly phase: 'none' | 'removed' } | { readonly phase: 'known'; readonly known: Known };

/** One system that is registered; its id is never another's. */
export const client = decider({
  stream: clientStream,
  events,
  commands,
  stateVersion: 1,
  initial: { phase: 'none' } as Client,
  evolve(before, event): Client {
    switch (event.type) {
      case 'ClientRegistered': {
        const { verifier, grantTypes, redirectUris } = event.data;
        return { phase: 'known', known: { verifier, grantTypes, redirectUris } };
      }
      case 'ClientVerifierRotated':
        if (before.phase !== 'known') return before;
        return { phase: 'known', known: { ...before.known, verifier: event.data.verifier } };
      case 'ClientRemoved':
        return { phase: 'removed' };
      default:
        return unreachable(event);
    }
  },
  decide: {
    RegisterClient: (data, { phase }) => (phase === 'none' ? [ClientRegistered(data)] : ClientExists({})),
    RotateClientVerifier: (data, { phase }) =>
      phase === 'known' ? [ClientVerifierRotated(data)] : ClientUnknown({}),
    RemoveClient({ client }, { phase }, { actor }) {
      if (phase === 'none') return ClientUnknown({});
      return phase === 'removed' ? [] : [ClientRemoved({ client, by: actor.id })];
    },
  },
});
