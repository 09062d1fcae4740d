import { decider } from '../../kernel/decider.ts';
import type { PersonId } from '../../kernel/ids.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import {
  commands,
  events,
  LoginClaimed,
  LoginInUse,
  LoginReleased,
  LoginTaken,
  loginStream,
} from './messages.ts';

interface Login {
  /** Undefined: it is free. */
  readonly holder: PersonId | undefined;
}

/** One login, which one person has at a time. */
export const login = decider({
  stream: loginStream,
  events,
  commands,
  stateVersion: 1,
  initial: { holder: undefined } as Login,
  evolve(_, event): Login {
    switch (event.type) {
      case 'LoginTaken':
      case 'LoginClaimed':
        return { holder: event.data.person };
      case 'LoginReleased':
        return { holder: undefined };
      default:
        return unreachable(event);
    }
  },
  decide: {
    Register(data, { holder }) {
      if (holder === undefined) return [LoginTaken(data)];
      return holder === data.person ? [] : LoginInUse({});
    },
    ClaimLogin({ login, person }, { holder }) {
      if (holder === undefined) return [LoginClaimed({ login, person })];
      return holder === person ? [] : LoginInUse({});
    },
    ReleaseLogin: ({ login, person }, { holder }) =>
      holder === person ? [LoginReleased({ login, person })] : [],
  },
});
