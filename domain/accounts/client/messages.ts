import { z } from 'zod';
import { PersonId } from '../../kernel/ids.ts';
import { capability, command, event, rejection } from '../../kernel/message.ts';
import { stream } from '../../kernel/stream.ts';
import { someText } from '../../kernel/text.ts';
import { GrantableRole } from '../account/events.ts';
import { ClientId } from '../ids.ts';
import { LogoutUri, RedirectUri, StoredUri } from './uris.ts';

// Streams `client-<id>`: systems that people come in by, or that come in by themselves. This is the permanent storage format.

/** Of what was drawn by chance, not thought of: there is nothing to guess. Of no person, so that nobody's key seals it. */
const SecretVerifier = capability(
  z.string().regex(/^[\x21-\x7e]{1,255}$/, 'one to 255 visible ASCII characters'),
);
const GrantType = z
  .enum(['authorization_code', 'refresh_token', 'client_credentials', 'device_code'])
  .meta({ id: 'GrantType', description: 'A way in which a system gets tokens, by OAuth 2.0.' });

const IdTokenAlgorithm = z.enum(['EdDSA', 'RS256']).meta({
  id: 'IdTokenAlgorithm',
  description: 'What ID tokens and logout tokens are signed by, as JSON Web Algorithms call it.',
});

/** No system administers: whoever has made it would act on themselves by it, and go on where they are kept out. */
const StoredRole = GrantableRole.exclude(['admin']);
/** A system is the house's, and whoever keeps it works for the house: by it nobody bids or sells. Of before, some could. */
const SystemRole = StoredRole.exclude(['bidder', 'seller']);

const client = { client: ClientId };
/** As people read it where they let it have something, and where they are signed in by it. */
const ClientName = someText(100);
const registration = {
  ...client,
  name: ClientName,
  /** Which administrator has asked for it. */
  by: PersonId,
  /** None: it runs where everybody can look, and keeps no secret. */
  verifier: SecretVerifier.optional(),
  grantTypes: z.array(GrantType).min(1).max(4),
  redirectUris: z.array(RedirectUri).max(10),
  /** What it may do in its own name, where it comes in by itself; nothing unless it says so. */
  roles: z.array(SystemRole).max(6).optional(),
  /** Where people may be sent who have signed out. */
  postLogoutRedirectUris: z.array(RedirectUri).max(10).optional(),
  /** Where it is told that a session is over (OpenID Connect Back-Channel Logout). */
  backchannelLogoutUri: LogoutUri.optional(),
  /** What it knows to verify of ID tokens; EdDSA unless it says so. */
  idTokenSignedResponseAlg: IdTokenAlgorithm.optional(),
};

export const ClientRegistered = event('ClientRegistered', {
  version: 1,
  published: false,
  description: 'A system is known to the platform.',
  data: {
    ...registration,
    name: z.string(),
    redirectUris: z.array(StoredUri).max(10),
    roles: z.array(StoredRole).max(6).optional(),
    postLogoutRedirectUris: z.array(StoredUri).max(10).optional(),
    backchannelLogoutUri: StoredUri.optional(),
  },
});
export const ClientVerifierRotated = event('ClientVerifierRotated', {
  version: 1,
  published: false,
  description: 'A system has another secret; that of before is void.',
  data: { ...client, by: PersonId, verifier: SecretVerifier },
});
export const ClientRenamed = event('ClientRenamed', {
  version: 1,
  published: false,
  description: 'A system is called by another name.',
  data: { ...client, name: z.string(), by: PersonId },
});
export const ClientRemoved = event('ClientRemoved', {
  version: 1,
  published: false,
  description: 'A system is known no more, for good.',
  data: { ...client, by: PersonId },
});

export const ClientExists = rejection('client_exists', {
  message: 'There is, or was, a system of this id.',
});
export const ClientUnknown = rejection('client_unknown', {
  message: 'There is no such system.',
  status: 404,
});

/** The streams of systems. */
export const clientStream = stream('client', ({ client }: { client: ClientId }) => client);

export const RegisterClient = command('RegisterClient', {
  description: 'Makes a system known. The door has drawn its secret, and brings what verifies it.',
  from: 'internal',
  data: registration,
  stream: clientStream,
  rejections: [ClientExists],
});
export const RotateClientVerifier = command('RotateClientVerifier', {
  description: 'Gives a system another secret, by what verifies it.',
  from: 'internal',
  data: { ...client, by: PersonId, verifier: SecretVerifier },
  stream: clientStream,
  rejections: [ClientUnknown],
});
export const RenameClient = command('RenameClient', {
  description: 'Calls a system by another name, which people read where they sign in by it. Its id stays.',
  from: ['admin'],
  stepUp: true,
  data: { ...client, name: ClientName },
  stream: clientStream,
  rejections: [ClientUnknown],
});
export const RemoveClient = command('RemoveClient', {
  description: 'Lets a system in no more, for good.',
  from: ['admin'],
  stepUp: true,
  data: client,
  stream: clientStream,
  rejections: [ClientUnknown],
});

export const events = [ClientRegistered, ClientVerifierRotated, ClientRenamed, ClientRemoved] as const;
export const commands = [RegisterClient, RotateClientVerifier, RenameClient, RemoveClient] as const;
