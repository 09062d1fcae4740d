import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InteractionResults } from 'oidc-provider';
import * as errors from 'oidc-provider/lib/helpers/errors.js';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import { STEPPED_UP } from '#domain/kernel/ports/tokens.ts';
import type { Progress, SignIns, SignInUnderWay } from '../sign-ins.ts';
import { languagesOf } from './languages.ts';
import { placedAt, type TokenProvider } from './provider.ts';
import type { Proven, ProviderOptions } from './surroundings.ts';

type Interaction = Awaited<ReturnType<ReturnType<TokenProvider['now']>['interactionDetails']>>;

/** What stands in a sign-in that leads nowhere by itself. */
interface Remembered extends InteractionResults {
  readonly progress?: Progress;
}

const ALONE = { mergeWithLastSubmission: false };

function scopesOf({ params }: Interaction): readonly string[] {
  return typeof params.scope === 'string' ? params.scope.split(' ') : [];
}

function resultsOf(provider: TokenProvider, options: ProviderOptions) {
  async function details(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<Interaction | undefined> {
    placedAt(request, options);
    try {
      return await provider.now().interactionDetails(request, response);
    } catch (error) {
      if (error instanceof errors.SessionNotFound) return undefined;
      throw error;
    }
  }

  /** @throws SessionNotFound */
  async function told(
    request: IncomingMessage,
    response: ServerResponse,
    result: InteractionResults,
    merge = ALONE,
  ) {
    placedAt(request, options);
    return provider.now().interactionResult(request, response, result, merge);
  }

  /** Who was signed in before, by this browser, leaves. */
  async function makeWay(interaction: Interaction, person: string): Promise<void> {
    const { session } = interaction;
    if (session?.accountId === undefined || session.accountId === person) return;
    await provider.kept.end(session.accountId, session.uid, 'ended');
    Object.assign(interaction, { session: undefined });
    await interaction.persist();
  }

  return { details, told, makeWay };
}

/** Between the provider and the pages that ask people who they are. */
export function signIns(provider: TokenProvider, options: ProviderOptions): SignIns {
  const { details, told, makeWay } = resultsOf(provider, options);
  return {
    async find(request, response): Promise<SignInUnderWay | undefined> {
      const interaction = await details(request, response);
      if (interaction === undefined) return undefined;
      const { uid, prompt, params, session, result } = interaction;
      const client = await provider.now().Client.find(String(params.client_id));
      if (client === undefined || (prompt.name !== 'login' && prompt.name !== 'consent')) return undefined;
      const hint = params.login_hint;
      return {
        ...{ uid, prompt: prompt.name, scopes: scopesOf(interaction), person: session?.accountId },
        stepUp: prompt.name === 'login' && session?.accountId !== undefined,
        client: { id: client.clientId, name: client.clientName ?? client.clientId },
        progress: (result as Remembered | undefined)?.progress,
        loginHint: typeof hint === 'string' ? hint : undefined,
        languages: languagesOf(request, params.ui_locales),
      };
    },
    async remember(request, response, progress) {
      await told(request, response, { progress } as Remembered);
    },
    async finish(request, response, { person, methods, atMs }) {
      const interaction = await details(request, response);
      // Pressed twice: the other time has finished it, and they are in.
      if (interaction === undefined) return `${options.publicUrl}/account`;
      await makeWay(interaction, person);
      const nowMs = millisecondsOf(options.clock.now());
      return told(request, response, {
        login: { accountId: person, amr: [...methods], acr: STEPPED_UP, ts: Math.floor(nowMs / 1_000) },
        provenAtMs: Math.min(atMs, nowMs),
      } satisfies Proven & InteractionResults);
    },
    async allow(request, response) {
      const interaction = await details(request, response);
      if (interaction?.session === undefined) throw new errors.SessionNotFound('the sign-in is over');
      const { Grant } = provider.now();
      const { grantId, params, session, prompt } = interaction;
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
      return told(request, response, { consent }, { mergeWithLastSubmission: true });
    },
    abort: (request, response) =>
      told(request, response, { error: 'access_denied', error_description: 'End-User aborted interaction' }),
  };
}
