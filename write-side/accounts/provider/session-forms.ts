import type { KoaContextWithOIDC } from 'oidc-provider';
import { Provider } from 'oidc-provider/lib/provider.js';
import type { Sealing } from '#domain/kernel/ports/sealing.ts';

// The library writes into a session what its one form is about, and a secret for it: a second tab takes that from the first. Here each form
// carries what it is about, beside a mark that whoever has our key makes of that and of the session. Nothing of it is kept.

/** What a sign-out is asked for by, as its address says it; what the library has checked. */
const ASKED = ['client_id', 'post_logout_redirect_uri', 'state', 'ui_locales'] as const;
/** The longest of it that is asked for once more, in characters. */
const MOST_ASKED = 8 * 1_024;

const WHERE_A_DEVICE_IS = ['code_verification', 'device_resume'];

const wordsIn = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What is hidden in a form that was sent, as far as it can be read: nobody knows whether it is ours. */
const readIn = ({ oidc: { params } }: KoaContextWithOIDC) => {
  const [written = ''] = wordsIn(params?.xsrf).split('.');
  return { written, asked: new URLSearchParams(Buffer.from(written, 'base64url').toString()) };
};

const queryOf = (said: (name: (typeof ASKED)[number]) => string | undefined): URLSearchParams =>
  new URLSearchParams(
    ASKED.flatMap((name) => {
      const value = said(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** What a form to sign out hides of where that was asked for. */
function askedIn({ oidc: { client, params } }: KoaContextWithOIDC): string {
  const said: Readonly<Record<string, unknown>> = { ...params, client_id: client?.clientId };
  const asked = queryOf((name) => (said[name] === undefined ? undefined : wordsIn(said[name])));
  return Buffer.from(asked.toString()).toString('base64url');
}

/** Lets each tab of a browser send its own form, whichever others are open; and no form that was made for another session. */
export function formsOfTheirOwn({ Session }: Provider, sealing: Pick<Sealing, 'fingerprint'>): void {
  const mark = (kind: string, uid: string, about = ''): string =>
    sealing.fingerprint(new TextEncoder().encode(`form ${kind} ${uid} ${about}`));

  /** What the library would have found in the session. */
  function stateOf(context: KoaContextWithOIDC, uid: string): object {
    const { route = '', params } = context.oidc;
    if (WHERE_A_DEVICE_IS.includes(route)) return { secret: mark('device', uid) };
    const isSent = route === 'end_session_confirm';
    const { written, asked } = isSent
      ? readIn(context)
      : { written: askedIn(context), asked: new URLSearchParams() };
    return {
      secret: `${written}.${mark('sign-out', uid, written)}`,
      state: asked.get('state') ?? undefined,
      postLogoutRedirectUri: asked.get('post_logout_redirect_uri') ?? undefined,
      // Of whoever stays the library would take the system that has sent them out of the session, and its tokens: nothing is to change.
      clientId: params?.logout ? (asked.get('client_id') ?? undefined) : undefined,
    };
  }

  Object.defineProperty(Session.prototype, 'state', {
    configurable: true,
    get(this: { readonly uid: string }) {
      const { ctx } = Provider;
      return ctx === undefined ? undefined : stateOf(ctx, this.uid);
    },
    set() {
      // Whatever is written there is made anew where it is read.
    },
  });
}

function goTo(context: KoaContextWithOIDC, to: URL): void {
  context.status = 303;
  context.redirect(to.href);
}

/**
 * A form to sign out that is not this session's (it was sent before, or somebody has come in since) is asked for anew: whoever is signed in
 * sees the question, and whoever is not goes on.
 */
export function askAnew(context: KoaContextWithOIDC): void {
  const to = new URL(context.oidc.urlFor('end_session'));
  const { asked } = readIn(context);
  const query = queryOf((name) => asked.get(name) ?? undefined);
  if (query.toString().length <= MOST_ASKED) to.search = query.toString();
  goTo(context, to);
}

/** Nobody has to be asked whether they want to leave who is not there: on to where they were to go behind it. */
export function passOnWhoeverIsOut(context: KoaContextWithOIDC): void {
  const { route, session, params } = context.oidc;
  if (route !== 'end_session' || context.status !== 200 || session?.accountId !== undefined) return;
  const asked = params?.post_logout_redirect_uri;
  const to = new URL(typeof asked === 'string' ? asked : context.oidc.urlFor('end_session_success'));
  if (typeof asked === 'string' && typeof params?.state === 'string')
    to.searchParams.set('state', params.state);
  goTo(context, to);
}
