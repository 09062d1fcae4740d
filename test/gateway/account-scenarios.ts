import assert from 'node:assert/strict';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { codeOf } from '../support/people.ts';
import { changesPassword, registers, seesOwnProfileOnly, type World } from '../support/people-scenarios.ts';
import { until } from '../support/until.ts';
import type { Gateway, Scenario } from './gateway.ts';
import { bearer, command, question, send, signedIn, tokenOf, tokensFor } from './people.ts';

// People come in through both gateways, and with what the provider has given them.

const world = ({ people, web }: Gateway): World => ({ people, web, noToken: undefined });

const customers: readonly Scenario[] = [
  ['Register: a profile is reached behind signing in alone', (gateway) => registers(world(gateway))],
  ['Password Changing: by the old one, and then the new one alone opens', (of) => changesPassword(world(of))],
  ['Profile Visibility: nobody is shown the profile of another', (of) => seesOwnProfileOnly(world(of))],
];

const CHALLENGE =
  'Bearer realm="annals", error="insufficient_user_authentication", acr_values="urn:annals:stepped-up"';
const withdrawal = { amount: '1', currency: 'USD' };
const NOW = '{ now }';

/** Who has answered: KrakenD says nothing beside the status. */
const statusAndCode = ({
  status,
  body,
}: {
  status: number;
  body: Parameters<typeof codeOf>[0]['body'] | undefined;
}) => [status, body?.code] as const;

const tokens: readonly Scenario[] = [
  [
    'the provider is found at the front, and what it gives is of its issuer, for the API, and short',
    async (gateway) => {
      const { front, issuer } = gateway;
      const { body } = await send(`${issuer}/.well-known/openid-configuration`);
      assert.deepEqual([body?.issuer, body?.jwks_uri], [issuer, `${front}/oidc/jwks`]);
      const { access_token: token, id_token: id = '' } = await tokensFor(gateway, 'ann');
      const { alg, typ, kid } = decodeProtectedHeader(token);
      const { iss, aud, exp = 0, iat = 0 } = decodeJwt(token);
      assert.deepEqual([alg, typ, iss, aud, exp - iat], ['EdDSA', 'at+jwt', issuer, 'annals', 300]);
      const { keys } = (await send(String(body?.jwks_uri))).body as { keys: { kid: string; d?: string }[] };
      assert.ok(keys.some((key) => key.kid === kid && key.d === undefined));
      // What tells a system who has signed in is no leave to ask.
      assert.equal((await question(front, NOW, bearer(id))).status, 401);
    },
  ],
  [
    'what is no access token of the provider is not taken: by KrakenD where it can tell, by the platform always',
    async (gateway) => {
      const { front, people } = gateway;
      const other = bearer(await tokenOf(gateway, 'eve', { typ: 'logout+jwt' }));
      const refused = await command(front, 'wallets/open-wallet', { currency: 'EUR' }, other);
      assert.deepEqual(statusAndCode(refused), [401, 'unauthenticated'], 'the platform has answered');
      const development = bearer(await people.devToken('eve', 'bidder'));
      const stopped = await command(front, 'wallets/open-wallet', { currency: 'EUR' }, development);
      assert.deepEqual(statusAndCode(stopped), [401, undefined], 'KrakenD has answered');
    },
  ],
  [
    'tokens are refreshed, each refresh token once',
    async (gateway) => {
      const { people, web, front } = gateway;
      const { access_token: first, refresh_token: refresh = '' } = await tokensFor(gateway, 'rae');
      const told = await people.refresh(refresh, web);
      assert.equal(told.status, 200, JSON.stringify(told.body));
      const { access_token: next, refresh_token: nextRefresh } = told.body as Record<string, string>;
      assert.ok(next !== undefined && next !== first && nextRefresh !== refresh);
      const opened = await command(front, 'wallets/open-wallet', { currency: 'USD' }, bearer(next));
      assert.equal(opened.status, 200, opened.text);
      const again = await people.refresh(refresh, web);
      assert.deepEqual([again.status, again.body.error], [400, 'invalid_grant']);
    },
  ],
  [
    'who has to step up is told so unchanged, as RFC 9470 says it, and is let through once they have',
    async (gateway) => {
      const { front, platform, people, web } = gateway;
      const plain = bearer(await tokenOf(gateway, 'someone'));
      const there = await command(front, 'wallets/withdraw', withdrawal, plain);
      const here = await command(platform, 'wallets/withdraw', withdrawal, plain);
      assert.deepEqual(statusAndCode(there), [401, 'step_up_required'], there.text);
      assert.equal(there.headers.get('www-authenticate'), CHALLENGE);
      for (const name of ['content-type', 'cache-control', 'www-authenticate'])
        assert.equal(there.headers.get(name), here.headers.get(name), name);
      await tokensFor(gateway, 'ann');
      const proven = await people.signIn(web, 'ann@gateway.example', { more: people.steppedUp });
      assert.equal(decodeJwt(proven.access_token).acr, people.steppedUp.acr_values);
      const asked = await command(front, 'wallets/withdraw', withdrawal, bearer(proven.access_token));
      assert.equal(asked.headers.get('www-authenticate'), null);
      assert.match(String(asked.body?.code), /wallet|funds/, asked.text);
    },
  ],
  [
    'a session that is over is refused by the platform, though KrakenD still takes its token',
    async (gateway) => {
      const { front, people, web } = gateway;
      const lost = await tokensFor(gateway, 'lee');
      const here = await signedIn(gateway, 'lee');
      const { sid: session } = decodeJwt(lost.access_token);
      assert.equal((await question(front, NOW, bearer(lost.access_token))).status, 200);
      const ended = await command(front, 'accounts/end-session', { session }, here);
      assert.equal(ended.status, 200, ended.text);
      const refused = await until(async () => {
        const asked = await command(
          front,
          'wallets/open-wallet',
          { currency: 'USD' },
          bearer(lost.access_token),
        );
        return asked.status === 401 && asked;
      }, 'the token is refused');
      assert.deepEqual(statusAndCode(refused), [401, 'unauthenticated'], 'it came through KrakenD');
      assert.match(refused.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
      assert.equal((await question(front, NOW, bearer(lost.access_token))).status, 401);
      assert.equal((await people.refresh(lost.refresh_token ?? '', web)).status, 400);
      assert.equal((await question(front, NOW, here)).status, 200, 'the other one goes on');
    },
  ],
];

export const accountScenarios: readonly Scenario[] = [...customers, ...tokens];
