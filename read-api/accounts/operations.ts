import { z } from 'zod';
import { GrantableRole } from '#domain/accounts/account/messages.ts';
import { ClientId, LoginName, SessionId } from '#domain/accounts/ids.ts';
import { loginOf } from '#domain/accounts/login/naming.ts';
import type { Role } from '#domain/kernel/actor.ts';
import { PersonId } from '#domain/kernel/ids.ts';
import type { Filter } from '#domain/kernel/ports/query.ts';
import { accountsView } from '#projections/accounts/accounts.ts';
import { clientsView } from '#projections/accounts/clients.ts';
import {
  AccountDocument,
  ClientDocument,
  ProfileDocument,
  SessionDocument,
} from '#projections/accounts/documents.ts';
import { profilesView } from '#projections/accounts/profiles.ts';
import { sessionsView } from '#projections/accounts/sessions.ts';
import { authorize, signedIn } from '../authorization/who.ts';
import { connection, pageArguments } from '../connection.ts';
import { documents } from '../documents.ts';
import { field, node, type Operations, query } from '../operation.ts';
import type { ResolverContext } from '../resolver-context.ts';

const accountsKnown = documents(accountsView);
const profiles = documents(profilesView);
const sessionsKnown = documents(sessionsView);
const clientsKnown = documents(clientsView);

const administrators: readonly Role[] = ['admin'];
const newestFirst = [{ field: 'position', direction: 'descending' }] as const;

/** Whose is asked for: one's own unless an administrator names somebody. @throws RejectedError */
function personAsked(person: string | undefined, { viewer }: Pick<ResolverContext, 'viewer'>): string {
  const { id } = signedIn(viewer);
  if (person === undefined || person === id) return id;
  authorize(administrators, viewer);
  return person;
}
const person = PersonId.optional().meta({ description: 'Somebody else: for administrators.' });

/** Where the account of whoever asks began to be theirs: sessions of before end a moment later, and are somebody else's. */
async function heldSince(context: ResolverContext): Promise<bigint> {
  const found = await accountsKnown.get(signedIn(context.viewer).id, context);
  return found === null ? 0n : BigInt(found.position);
}

/** The roles whose time is not over: no event tells that it is, so that it is seen when they are shown. */
function standingIn(
  { grants }: Pick<AccountDocument, 'grants'>,
  { services }: Pick<ResolverContext, 'services'>,
): GrantableRole[] {
  const now = services.businessClock.now();
  return grants.filter(({ until }) => until === undefined || until > now).map(({ role }) => role);
}

const account = query({
  description: 'Your account: how you come in, and the roles that you were given, by whom and until when.',
  who: 'member',
  whose: { and: administrators },
  args: { person },
  returns: AccountDocument.nullable(),
  async resolve(args, context) {
    const found = await accountsKnown.get(personAsked(args.person, context), context);
    return found && { ...found, roles: standingIn(found, context) };
  },
});

const profile = query({
  description: 'Who you are, as you have said. Of others an administrator sees the name alone.',
  who: 'member',
  whose: { and: administrators },
  args: { person },
  returns: ProfileDocument.nullable(),
  resolve: (args, context) => profiles.get(personAsked(args.person, context), context),
});

const session = query({
  description: 'One of your sessions that are open.',
  who: 'member',
  whose: { and: [] },
  args: { session: SessionId },
  returns: SessionDocument.nullable(),
  async resolve({ session }, context) {
    const { id } = signedIn(context.viewer);
    const found = await sessionsKnown.get(`${id}:${session}`, context);
    const since = await heldSince(context);
    return found && BigInt(found.position) > since ? found : null;
  },
});

const client = query({
  description: 'A system that is registered, or was.',
  who: administrators,
  args: { client: ClientId },
  returns: ClientDocument.nullable(),
  resolve: (args, context) => clientsKnown.get(args.client, context),
});

export const accountOperations: Operations = {
  queries: {
    account,
    accounts: query({
      description:
        'Accounts, the newest first: of a state, of a role, or the one of a login, or of an e-mail address. A page of those of a role leaves out whose time in it is over, and may be shorter than it was asked for.',
      who: administrators,
      args: {
        state: AccountDocument.shape.state.optional(),
        role: GrantableRole.optional(),
        login: LoginName.optional(),
        email: z
          .string()
          .max(320)
          .optional()
          .meta({ description: 'Written as people write it; whoever seeks by it is recorded.' }),
        ...pageArguments,
      },
      returns: connection(AccountDocument),
      async resolve({ state, role, login, email, ...args }, context) {
        // That somebody has an account is told by it, also where nothing of it is asked for.
        if (email !== undefined) context.insights.add('people');
        const { personKeys } = context.services;
        const sought = loginOf(email ?? '', (kind, text) => personKeys.nameOf(kind, text));
        const filter: Filter = {
          ...(state !== undefined && { state }),
          ...(role !== undefined && { roles: role }),
          ...(login !== undefined && { login }),
          ...(email !== undefined && { $and: [{ login: sought?.name ?? '' }] }),
        };
        const page = await accountsKnown.page({ filter, sort: newestFirst }, args, context);
        const edges = page.edges
          .map(({ cursor, node: found }) => ({
            cursor,
            node: { ...found, roles: standingIn(found, context) },
          }))
          .filter(({ node: { roles } }) => role === undefined || roles.includes(role));
        return { ...page, edges };
      },
    }),
    profile,
    session,
    sessions: query({
      description: 'Where you are signed in, the latest first.',
      who: 'member',
      whose: { and: [] },
      args: pageArguments,
      returns: connection(SessionDocument),
      async resolve(args, context) {
        const { id } = signedIn(context.viewer);
        const filter = { person: id, position: { $gt: await heldSince(context) } };
        return sessionsKnown.page({ filter, sort: newestFirst }, args, context);
      },
    }),
    client,
    clients: query({
      description: 'The systems that are registered, or those that were.',
      who: administrators,
      args: { state: ClientDocument.shape.state.default('known'), ...pageArguments },
      returns: connection(ClientDocument),
      resolve: ({ state, ...args }, context) => clientsKnown.page({ filter: { state } }, args, context),
    }),
  },
  subscriptions: {},
  fields: {
    secretByAdministrator: field({
      of: ClientDocument,
      description:
        'Whether the one who was told its secret still is an administrator and may come in; null where it has no secret. Where they do not, the system still works: it is the house’s. Give it another secret.',
      who: administrators,
      args: {},
      returns: z.boolean().nullable(),
      async resolve(_, context, { secretBy }) {
        if (secretBy === undefined) return null;
        const found = await accountsKnown.get(secretBy, context);
        return found?.state === 'active' && standingIn(found, context).includes('admin');
      },
    }),
  },
  nodes: [
    node(AccountDocument, { read: account, key: ['person'] }),
    node(ProfileDocument, { read: profile, key: ['person'] }),
    node(SessionDocument, { read: session, key: ['session'] }),
    node(ClientDocument, { read: client, key: ['client'] }),
  ],
};
