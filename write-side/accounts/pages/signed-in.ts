import type { GrantableRole } from '#domain/accounts/account/messages.ts';
import { Actor } from '#domain/kernel/actor.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { hidden } from './forms.ts';
import type { Answer, Frame, Visit } from './frame.ts';
import type { Html } from './html.ts';
import type { Entered } from './intake.ts';
import type { PagesOptions } from './ports.ts';

// The pages of whoever is signed in here.

/** A visit of somebody who is signed in. */
export interface OwnVisit extends Visit {
  readonly person: PersonId;
  readonly session: string;
  /** Those that stand at this moment. */
  readonly roles: readonly GrantableRole[];
  /** Whether they have proven of late that it is they. */
  readonly steppedUp: boolean;
}

/** What these pages send in the name of whoever is signed in. Each no that can come of it has a text in every language. */
export const pageCommands = [
  'CreateProfile',
  'ChangeProfile',
  'EndSession',
  'EndAllSessions',
  'CloseWallet',
  'CloseAccount',
  'EraseMe',
] as const;
type PageCommand = (typeof pageCommands)[number];

/** What came of a command. */
export type Sent = 'done' | 'underWay' | Rejection;

export interface OwnFrame {
  shows(path: string, handler: (visit: OwnVisit) => Promise<Answer>): void;
  /** Whoever asks for it without a form is sent to `shownAt`; undefined: it is shown by itself. */
  acts(
    path: string,
    shownAt: string | undefined,
    handler: (visit: OwnVisit, entered: Entered) => Promise<Answer>,
  ): void;
  /** Sends a command in the name of whoever is signed in. */
  send(visit: OwnVisit, command: PageCommand, data: object, entered: Entered): Promise<Sent>;
  /** Names the command that a form is for, so that pressing twice does it once. */
  commandField(): Html;
}

const COMMAND_ID = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * Routes for whoever is signed in; everybody else is sent to sign in first, and back.
 *
 * @param stepUp for what has to be asked for by the person and nobody else: who has not proven it of late does so first
 */
export function ownFrame(
  { shows, acts }: Frame,
  { browsers, known, dispatch, newId }: PagesOptions,
  { stepUp }: { readonly stepUp: boolean },
): OwnFrame {
  async function entered(
    visit: Visit,
    backTo: string,
    handler: (own: OwnVisit) => Promise<Answer>,
  ): Promise<Answer> {
    const { request, response } = visit;
    const who = await browsers.who(request, response);
    if (who !== undefined && (who.steppedUp || !stepUp)) {
      const account = await known.account(who.person);
      return handler({ ...visit, ...who, roles: account?.roles ?? [] });
    }
    await browsers.signIn(request, response, { backTo, ...(who !== undefined && { stepUp }) });
    return 'answered';
  }

  return {
    shows: (path, handler) => shows(path, (visit) => entered(visit, path, handler)),
    acts: (path, shownAt, handler) =>
      acts(path, shownAt, (visit, form) => entered(visit, shownAt ?? path, (own) => handler(own, form))),
    async send({ person, roles, steppedUp, visitor }, command, data, { command: named = '' }) {
      const actor = Actor.parse({ id: person, roles, reputation: 0 });
      const reply = await dispatch({
        ...{ command, data, actor, steppedUp, commandId: COMMAND_ID.test(named) ? named : newId() },
        origin: { channel: 'http', ...(visitor.address !== '' && { address: visitor.address }) },
      });
      if (reply.outcome === 'rejected') return reply.rejection;
      return reply.outcome === 'pending' ? 'underWay' : 'done';
    },
    commandField: () => hidden('command', newId()),
  };
}
