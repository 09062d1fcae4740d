import { SessionOpened, SessionsEnded } from '#domain/accounts/sessions/messages.ts';
import { view } from '../view.ts';
import { SessionDocument } from './documents.ts';

const idOf = (person: string, session: string): string => `${person}:${session}`;

/** Where people are signed in. One that is over is gone; one whose time is over stays until its person signs in again. */
export const sessionsView = view({
  name: 'sessions',
  version: 2,
  description: 'Where people are signed in.',
  document: SessionDocument,
  indexes: [
    {
      name: 'by-person',
      fields: [
        { path: 'person', as: 'text' },
        { path: 'position', as: 'integer' },
      ],
    },
  ],
  on: (when) => [
    when(SessionOpened, (_, { data, recordedAt, position }, id): SessionDocument => {
      const { person, session, client, address, browser, expiresAt } = data;
      return {
        ...{ id, person, session, client, ...(address !== undefined && { address }) },
        ...(browser !== undefined && { browser }),
        ...{ openedAt: recordedAt, expiresAt, position: position.toString() },
      };
    }),
    when(SessionsEnded, () => undefined),
  ],
  key: ({ data }) => data.person,
  keysBy: { person: (person) => person },
  documents: ({ type, data }) =>
    type === 'SessionOpened'
      ? [idOf(data.person, data.session)]
      : data.sessions.map((session) => idOf(data.person, session)),
});
