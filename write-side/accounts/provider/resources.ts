import type { Provider } from 'oidc-provider/lib/provider.js';

// What tokens are asked for (RFC 8707) is a URL, and compared as a text by the library, again and again.

interface Asked {
  params?: { resource?: unknown };
}

/**
 * An origin is the same address with a slash behind it and without (RFC 3986 6.2.3), and programs that make URLs write one there. It is
 * taken away as soon as what was asked has been read: what is granted, kept and asked for again is called by one name.
 */
export function takesResourceWithSlash(provider: Provider, publicUrl: string): void {
  const { OIDCContext } = provider as unknown as { readonly OIDCContext: { readonly prototype: object } };
  const read = new WeakMap<object, Asked['params']>();
  const plain = (resource: unknown): unknown => (resource === `${publicUrl}/` ? publicUrl : resource);
  Object.defineProperty(OIDCContext.prototype, 'params', {
    configurable: true,
    get(this: Asked) {
      return read.get(this);
    },
    set(this: Asked, params: Asked['params']) {
      const resource = params?.resource;
      if (params !== undefined && resource !== undefined)
        params.resource = Array.isArray(resource) ? [...new Set(resource.map(plain))] : plain(resource);
      read.set(this, params);
    },
  });
}
