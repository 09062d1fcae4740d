import type { Provider } from 'oidc-provider/lib/provider.js';
import { asTyped } from '#domain/kernel/typed.ts';

// What is asked for, as it was meant: the library compares texts.

interface Asked {
  resource?: unknown;
  user_code?: unknown;
}

/** More is no code of ours. */
const LONGEST_CODE = 64;

/**
 * Changes what was asked as soon as it has been read, so that what is granted, kept and asked for again is called by one name. An origin is
 * the same resource (RFC 8707) with a slash behind it and without (RFC 3986 6.2.3), and programs that make URLs write one there. The code
 * that a device shows is typed by people.
 */
export function readsAsMeant(provider: Provider, publicUrl: string): void {
  const { OIDCContext } = provider as unknown as { readonly OIDCContext: { readonly prototype: object } };
  const read = new WeakMap<object, Asked | undefined>();
  const plain = (resource: unknown): unknown => (resource === `${publicUrl}/` ? publicUrl : resource);

  function mean(params: Asked): void {
    const { resource, user_code: code } = params;
    if (resource !== undefined)
      params.resource = Array.isArray(resource) ? [...new Set(resource.map(plain))] : plain(resource);
    if (typeof code === 'string' && code.length <= LONGEST_CODE) params.user_code = asTyped(code);
  }

  Object.defineProperty(OIDCContext.prototype, 'params', {
    configurable: true,
    get(this: object) {
      return read.get(this);
    },
    set(this: object, params: Asked | undefined) {
      if (params !== undefined) mean(params);
      read.set(this, params);
    },
  });
}
