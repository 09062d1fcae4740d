import { decider } from '../../kernel/decider.ts';
import type { EventOf } from '../../kernel/message.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import { isForThemselves } from '../account/roles.ts';
import {
  ClientExists,
  ClientRegistered,
  ClientRemoved,
  ClientRenamed,
  ClientUnknown,
  ClientVerifierRotated,
  clientStream,
  commands,
  events,
} from './messages.ts';
import { type Client, noClient, type RegisteredClient } from './state.ts';

/** Who has registered a system has set it up, and may act by it whoever has its secret. */
function rotated(
  known: RegisteredClient,
  { verifier, by }: Pick<EventOf<typeof ClientVerifierRotated>['data'], 'verifier' | 'by'>,
): RegisteredClient {
  const [registrar = by] = known.keepers;
  return { ...known, verifier, keepers: registrar === by ? [by] : [registrar, by] };
}

/** Of before, a system could be registered to bid and to sell: it does neither any more. */
const rolesIn = ({ roles = [] }: EventOf<typeof ClientRegistered>['data']) =>
  roles.filter((role) => !isForThemselves(role));

/** One system that is registered; its id is never another's. */
export const client = decider({
  stream: clientStream,
  events,
  commands,
  stateVersion: 4,
  initial: noClient,
  evolve(before, event): Client {
    switch (event.type) {
      case 'ClientRegistered': {
        const { client: _, by, ...known } = event.data;
        return { phase: 'known', known: { ...known, roles: rolesIn(event.data), keepers: [by] } };
      }
      case 'ClientVerifierRotated':
        if (before.phase !== 'known') return before;
        return { phase: 'known', known: rotated(before.known, event.data) };
      case 'ClientRenamed':
        if (before.phase !== 'known') return before;
        return { phase: 'known', known: { ...before.known, name: event.data.name } };
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
    RenameClient({ client, name }, state, { actor }) {
      if (state.phase !== 'known') return ClientUnknown({});
      return state.known.name === name ? [] : [ClientRenamed({ client, name, by: actor.id })];
    },
    RemoveClient({ client }, { phase }, { actor }) {
      if (phase === 'none') return ClientUnknown({});
      return phase === 'removed' ? [] : [ClientRemoved({ client, by: actor.id })];
    },
  },
});
