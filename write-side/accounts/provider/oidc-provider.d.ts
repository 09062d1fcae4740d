// The parts of the library by their own files: its index warns on the console of every Node that is newer than it knows.

declare module 'oidc-provider/lib/provider.js' {
  export { default as Provider } from 'oidc-provider';
}
declare module 'oidc-provider/lib/helpers/errors.js' {
  import { errors } from 'oidc-provider';
  export import AccessDenied = errors.AccessDenied;
  export import InvalidGrant = errors.InvalidGrant;
  export import InvalidRequest = errors.InvalidRequest;
  export import InvalidScope = errors.InvalidScope;
  export import InvalidTarget = errors.InvalidTarget;
  export import LoginRequired = errors.LoginRequired;
  export import SessionNotFound = errors.SessionNotFound;
  export import UnsupportedResponseMode = errors.UnsupportedResponseMode;
  export import UnsupportedResponseType = errors.UnsupportedResponseType;
}
declare module 'oidc-provider/lib/helpers/interaction_policy/index.js' {
  import { interactionPolicy } from 'oidc-provider';
  export import base = interactionPolicy.base;
  export import Check = interactionPolicy.Check;
  export import Prompt = interactionPolicy.Prompt;
}
declare module 'oidc-provider/lib/helpers/weak_cache.js' {
  import type Provider from 'oidc-provider';
  import type { KoaContextWithOIDC } from 'oidc-provider';

  /** Sends a browser back, with what there is to say. */
  type Answers = (context: KoaContextWithOIDC, redirectUri: string, said: object) => unknown;
  /** What a provider keeps to itself. */
  export default function internals(provider: Provider): { readonly responseModes: Map<string, Answers> };
}
