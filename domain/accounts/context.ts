import type { Context } from '../kernel/registry.ts';
import * as account from './account/messages.ts';
import * as client from './client/messages.ts';
import { rejections } from './door/messages.ts';
import * as login from './login/messages.ts';
import * as profile from './profile/messages.ts';
import * as sessions from './sessions/messages.ts';

export const accounts: Context = {
  name: 'accounts',
  description:
    'People and how they come in: accounts with roles and second factors, the logins they are found by, profiles, sessions, and the systems that people come in by.',
  rejections,
  events: [...account.events, ...login.events, ...profile.events, ...sessions.events, ...client.events],
  commands: [
    ...account.commands,
    ...login.commands,
    ...profile.commands,
    ...sessions.commands,
    ...client.commands,
  ],
};
