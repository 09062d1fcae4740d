import type { Context } from '../kernel/registry.ts';
import * as account from './account/messages.ts';
import * as login from './login/messages.ts';

export const accounts: Context = {
  name: 'accounts',
  description:
    'People and how they come in: accounts with their roles and second factors, the logins they are found by.',
  events: [...account.events, ...login.events],
  commands: [...account.commands, ...login.commands],
};
