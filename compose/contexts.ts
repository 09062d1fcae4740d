import { registryOf } from '#domain/kernel/registry.ts';
import { accounts } from './contexts/accounts.ts';
import { auctions } from './contexts/auctions.ts';
import type { Manifest } from './contexts/manifest.ts';
import { platform } from './contexts/platform.ts';
import { wallets } from './contexts/wallets.ts';

/** Every context of the platform: the only list of them. All that runs follows from it. */
const contexts: readonly Manifest[] = [auctions, wallets, accounts, platform];

export const registry = registryOf(contexts.map(({ messages }) => messages));
export const deciders = contexts.flatMap((context) => context.deciders);
export const workflows = contexts.flatMap((context) => context.workflows);
export const views = contexts.flatMap((context) => context.views);
export const reactions = contexts.flatMap((context) => context.reactions);
export const sagas = contexts.flatMap((context) => context.sagas);
export const mailTables = contexts.flatMap(({ mails }) => (mails === undefined ? [] : [mails]));
export const operations = contexts.map((context) => context.operations);
