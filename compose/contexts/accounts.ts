import { account } from '#domain/accounts/account/decider.ts';
import { accounts as messages } from '#domain/accounts/context.ts';
import { login } from '#domain/accounts/login/decider.ts';
import { forget } from '#domain/kernel/decider.ts';
import { eraseMe } from '#domain/workflows/erase-me.ts';
import { register } from '#domain/workflows/register.ts';
import { registration } from '#sagas/accounts/registration.ts';
import type { Manifest } from './manifest.ts';

export const accounts: Manifest = {
  messages,
  deciders: [forget(account), forget(login)],
  workflows: [register, eraseMe],
  views: [],
  reactions: [registration],
  sagas: [],
  operations: { queries: {}, subscriptions: {}, fields: {}, nodes: [] },
};
