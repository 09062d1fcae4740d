import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InteractionResults } from 'oidc-provider';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import { STEPPED_UP } from '#domain/kernel/ports/tokens.ts';
import type { Progress, SignIns, SignInUnderWay } from '../sign-ins.ts';
import { idsOf, MOST_UNDER_WAY, nameFor, namesOf } from './cookies.ts';
import { languagesOf } from './languages.ts';
import { OWN_CLIENT } from './own-client.ts';
import { SIGN_IN_ANEW } from './policy.ts';
import { placedAt, type TokenProvider } from './provider.ts';
import { lifetimes, type Proven, type ProviderOptions, SCOPES } from './surroundings.ts';

type Interaction = Awaited<ReturnType<ReturnType<TokenProvider['now']>['interactionDetails']>>;

/** What stands in a sign-in that leads nowhere by itself. */
interface Remembered extends InteractionResults {
  readonly progress?: Progress;
}

/** What else was asked for in a sign-in that is finished, and is not asked for again. */
const COME_IN = Object.fromEntries(SIGN_IN_ANEW.map((prompt) => [prompt, {}]));
/** Why somebody is asked who they are whom nobody has to ask: they want to be somebody else. */
const ANOTHER = 'another_account';

/** What a system is told of whoever did not want to. */
export const STOPPED = 'End-User aborted interaction';

/** A system that asks for what nobody gets is given a token without it. */
function scopesOf({ params }: Interaction): readonly string[] {
  const asked = typeof params.scope === 'string' ? params.scope.split(' ') : [];
  return asked.filter((scope) => SCOPES.includes(scope));
}

/** Who has an address of the web can be known by it; an app by its scheme alone. */
function leadsTo({ params }: Interaction): string | undefined {
  const url = typeof params.redirect_uri === 'string' ? URL.parse(params.redirect_uri) : null;
  return url === null ? undefined : url.host || url.protocol;
}

/** Whom the system takes them for; not where they have just said that they are somebody else. */
function hintOf({ params, prompt }: Interaction): string | undefined {
  const { login_hint: hint } = params;
  return typeof hint === 'string' && !prompt.reasons.includes(ANOTHER) ? hint : undefined;
}

function resultsOf(provider: TokenProvider, options: ProviderOptions) {
  const account = '/account';
  const { interaction: kind } = namesOf(options.publicUrl.startsWith('https:'));

  function contextOf(request: IncomingMessage, response: ServerResponse) {
    placedAt(request, options);
    const now = provider.now();
    return { now, context: now.createContext(request, response) };
  }

  /** The sign-in of this name that this browser has begun; undefined: it has none, or it is over, or whoever was signed in is not. */
  async function details(
    request: IncomingMessage,
    response: ServerResponse,
    uid: string,
  ): Promise<Interaction | undefined> {
    const { now, context } = contextOf(request, response);
    if (context.cookies.get(nameFor(kind, uid), { signed: true }) !== uid) return undefined;
    const interaction = await now.Interaction.find(uid);
    if (interaction?.session === undefined) return interaction;
    const session = await now.Session.findByUid(interaction.session.uid);
    return session?.accountId === interaction.session.accountId ? interaction : undefined;
  }

  /** @returns where the browser goes on to. What is over meanwhile was pressed twice: the other time has finished it, and they are in. */
  async function told(
    request: IncomingMessage,
    response: ServerResponse,
    uid: string,
    result: InteractionResults,
  ): Promise<string> {
    const interaction = await details(request, response, uid);
    if (interaction === undefined) return account;
    interaction.result = result;
    await interaction.persist();
    return new URL(interaction.returnTo).pathname;
  }

  /** Whoever else is signed in by this browser leaves: they were when it began, or have come in by another of its tabs since. */
  async function makeWay(
    request: IncomingMessage,
    response: ServerResponse,
    interaction: Interaction,
    person: string,
  ): Promise<void> {
    const { now, context } = contextOf(request, response);
    const { accountId, uid } = await now.Session.get(context as never);
    if (accountId !== undefined && accountId !== person) await provider.kept.end(accountId, uid, 'ended');
    if (interaction.session === undefined || interaction.session.accountId === person) return;
    Object.assign(interaction, { session: undefined });
    await interaction.persist();
  }

  /** Begins anew with who they are, for the same system: what comes of it is asked of whoever that is. */
  async function anew(request: IncomingMessage, response: ServerResponse, uid: string): Promise<void> {
    const interaction = await details(request, response, uid);
    if (interaction === undefined) return;
    const prompt = { name: 'login', reasons: [ANOTHER], details: {} };
    Object.assign(interaction, { prompt, session: undefined, result: undefined, lastSubmission: undefined });
    await interaction.persist();
  }

  /** The newest first. */
  const uidsIn = (request: IncomingMessage): readonly string[] =>
    idsOf(request, kind).slice(-MOST_UNDER_WAY).reverse();

  return { account, details, told, makeWay, anew, uidsIn };
}

/** Between the provider and the pages that ask people who they are. */
export function signIns(provider: TokenProvider, options: ProviderOptions): SignIns {
  const { account, details, told, makeWay, anew, uidsIn } = resultsOf(provider, options);

  async function find(
    request: IncomingMessage,
    response: ServerResponse,
    named: string,
  ): Promise<SignInUnderWay | undefined> {
    const interaction = await details(request, response, named);
    if (interaction === undefined) return undefined;
    const { uid, prompt, params, session, result } = interaction;
    const client = await provider.now().Client.find(String(params.client_id));
    if (client === undefined) return undefined;
    return {
      ...{ uid, scopes: scopesOf(interaction), person: session?.accountId },
      prompt: prompt.name === 'consent' ? 'consent' : 'login',
      stepUp: prompt.name === 'login' && session?.accountId !== undefined,
      client: {
        ...{ id: client.clientId, name: client.clientName ?? client.clientId },
        isOwn: client.clientId === OWN_CLIENT,
      },
      leadsTo: leadsTo(interaction),
      lastsDays: client.grantTypeAllowed('refresh_token') ? lifetimes.longest / 86_400 : undefined,
      progress: (result as Remembered | undefined)?.progress,
      loginHint: hintOf(interaction),
      languages: languagesOf(request, params.ui_locales),
    };
  }

  return {
    find,
    async underWay(request, response) {
      const all = await Promise.all(uidsIn(request).map((uid) => find(request, response, uid)));
      return all.filter((each) => each !== undefined);
    },
    async remember(request, response, uid, progress) {
      await told(request, response, uid, { progress } as Remembered);
    },
    async finish(request, response, uid, { person, methods, atMs }) {
      const interaction = await details(request, response, uid);
      if (interaction === undefined) return account;
      await makeWay(request, response, interaction, person);
      const nowMs = millisecondsOf(options.clock.now());
      return told(request, response, uid, {
        login: { accountId: person, amr: [...methods], acr: STEPPED_UP, ts: Math.floor(nowMs / 1_000) },
        ...{ ...COME_IN, provenAtMs: Math.min(atMs, nowMs) },
      } satisfies Proven & InteractionResults);
    },
    another: anew,
    async allow(request, response, uid) {
      const interaction = await details(request, response, uid);
      if (interaction?.session === undefined) return account;
      const { Grant } = provider.now();
      const { grantId, params, session, prompt, lastSubmission } = interaction;
      const before = grantId === undefined ? undefined : await Grant.find(grantId);
      const grant = before ?? new Grant({ accountId: session.accountId, clientId: String(params.client_id) });
      const { missingOIDCScope, missingResourceScopes } = prompt.details as {
        missingOIDCScope?: string[];
        missingResourceScopes?: Record<string, string[]>;
      };
      if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '));
      for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {}))
        grant.addResourceScope(resource, scopes.join(' '));
      const consent = { grantId: await grant.save() };
      return told(request, response, uid, { ...lastSubmission, consent });
    },
    abort: (request, response, uid) =>
      told(request, response, uid, { error: 'access_denied', error_description: STOPPED }),
  };
}
