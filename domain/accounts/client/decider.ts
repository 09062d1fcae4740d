import { decider } from '../../kernel/decider.ts';
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
import { type Client, noClient } from './state.ts';

/** One system that is registered; its id is never another's. */
export const client = decider({
  stream: clientStream,
  events,
  commands,
  stateVersion: 2,
  initial: noClient,
  evolve(before, event): Client {
    switch (event.type) {
      case 'ClientRegistered': {
        const { client: _, by: __, ...known } = event.data;
        return { phase: 'known', known };
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
