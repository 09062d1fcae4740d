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
  /** Who has had it before, the first of them first; no more than {@link MOST_FORMER}. */
  readonly former: readonly PersonId[];
}

/** As many as anybody could have by turns; a stranger who registers and erases without end adds nothing behind that. */
const MOST_FORMER = 100;

/** One login, which one person has at a time. */
export const login = decider({
  stream: loginStream,
  events,
  commands,
  stateVersion: 2,
  initial: { holder: undefined, former: [] } as Login,
  evolve({ former }, event): Login {
    switch (event.type) {
      case 'LoginTaken':
      case 'LoginClaimed':
        return { holder: event.data.person, former };
      case 'LoginReleased':
        return {
          holder: undefined,
          former: [...new Set([...former, event.data.person])].slice(0, MOST_FORMER),
        };
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
    // In one append: nobody registers between the two.
    PassLogin: ({ login, person, to }, { holder }) =>
      holder === person ? [LoginReleased({ login, person }), LoginClaimed({ login, person: to })] : [],
  },
});
