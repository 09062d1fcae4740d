import { decider } from '../../kernel/decider.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import {
  commands,
  events,
  ProfileChanged,
  ProfileCreated,
  ProfileExists,
  ProfileUnknown,
  profileStream,
} from './messages.ts';

/** One person, by their own words, of which no decision knows any. */
export const profile = decider({
  stream: profileStream,
  events,
  commands,
  stateVersion: 1,
  initial: { exists: false },
  evolve(_, event) {
    switch (event.type) {
      case 'ProfileCreated':
      case 'ProfileChanged':
        return { exists: true };
      default:
        return unreachable(event);
    }
  },
  decide: {
    CreateProfile(data, { exists }, { actor, precondition: { refusal } }) {
      if (refusal !== undefined) return refusal;
      return exists ? ProfileExists({}) : [ProfileCreated({ ...data, person: actor.id })];
    },
    ChangeProfile(data, { exists }, { actor, precondition: { refusal } }) {
      if (refusal !== undefined) return refusal;
      return exists ? [ProfileChanged({ ...data, person: actor.id })] : ProfileUnknown({});
    },
  },
});
