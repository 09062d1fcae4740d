import {
  ClientRegistered,
  ClientRemoved,
  ClientRenamed,
  ClientVerifierRotated,
} from '#domain/accounts/client/messages.ts';
import { view } from '../view.ts';
import { ClientDocument } from './documents.ts';

/** The systems that are registered, and those that were. */
export const clientsView = view({
  name: 'clients',
  version: 4,
  description: 'Systems that are, or were, registered with the platform.',
  document: ClientDocument,
  indexes: [{ name: 'by-state', fields: [{ path: 'state', as: 'text' }] }],
  on: (when) => [
    when(ClientRegistered, (_, { data, recordedAt }, id): ClientDocument => {
      const { name, verifier, grantTypes, redirectUris, roles = [], backchannelLogoutUri, by } = data;
      return {
        ...{ id, name, state: 'known', confidential: verifier !== undefined },
        ...{ grantTypes: [...grantTypes], redirectUris: [...redirectUris], registeredBy: by },
        roles: [...roles],
        ...(verifier !== undefined && { secretBy: by }),
        ...(backchannelLogoutUri !== undefined && { backchannelLogoutUri }),
        ...{ registeredAt: recordedAt, updatedAt: recordedAt },
      };
    }),
    when(
      ClientVerifierRotated,
      (before, { data: { by }, recordedAt }) =>
        before && {
          ...before,
          ...{ confidential: true, secretBy: by, rotatedAt: recordedAt, updatedAt: recordedAt },
        },
    ),
    when(
      ClientRenamed,
      (before, { data: { name }, recordedAt }) => before && { ...before, name, updatedAt: recordedAt },
    ),
    when(
      ClientRemoved,
      (before, { recordedAt }) => before && { ...before, state: 'removed' as const, updatedAt: recordedAt },
    ),
  ],
  key: ({ data }) => data.client,
});
