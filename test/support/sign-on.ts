import assert from 'node:assert/strict';
import { Router } from 'express';
import type { AccountPages } from '#compose/account-pages.ts';
import { systemActor } from '#domain/kernel/actor.ts';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import { systemRandomBytes } from '#engines/random.ts';
import { providerPages } from '#write-side/accounts/pages/provider-pages.ts';
import { newSecret } from '#write-side/accounts/provider/clients.ts';
import type { Browsers, SignIns, SignInUnderWay } from '#write-side/accounts/sign-ins.ts';
import { registering } from './accounts.ts';
import { noHouse } from './house.ts';

// Signing on without pages: whoever the browser says it is has proven it.

const door = systemActor('door');

interface Parts {
  readonly signIns: SignIns;
  readonly browsers: Browsers;
  readonly dispatch: Dispatch;
}

/** What a page would show of a sign-in, as headers. */
const shownOf = ({ stepUp, scopes, loginHint = '' }: SignInUnderWay) => ({
  ...{ 'X-Step-Up': String(stepUp), 'X-Scopes': scopes.join(' '), 'X-Hint': loginHint },
});

/** Pages on which nobody is asked anything, and the parts of the platform behind them. */
export function askingNobody() {
  let parts: Parts | undefined;
  let commands = 0;
  const there = () => parts ?? assert.fail('the platform has not begun');
  const pages: AccountPages = (given) => {
    parts = given;
    const router = Router();
    router.get('/sign-in/:uid', async (request, response) => {
      const { signIns } = given;
      const person = String(request.headers['x-person']);
      const { uid } = request.params;
      const sign = await signIns.find(request, response, uid);
      if (sign === undefined) return void response.status(410).end();
      response.set(shownOf(sign));
      // Who says nothing is only shown it.
      if (request.headers['x-person'] === undefined) return void response.end();
      if (request.headers['x-another'] !== undefined && ![undefined, person].includes(sign.person)) {
        await signIns.another(request, response, uid);
        return void response.redirect(303, request.originalUrl);
      }
      const to =
        person === 'nobody'
          ? await signIns.abort(request, response, uid)
          : sign.prompt === 'consent'
            ? await signIns.allow(request, response, uid)
            : await signIns.finish(request, response, uid, {
                person,
                methods: ['pwd'],
                atMs: Number(request.headers['x-proven-at'] ?? Date.now()),
              });
      response.redirect(303, to);
    });
    router.get(
      '/test/who',
      async (request, response) => void response.json((await given.browsers.who(request, response)) ?? null),
    );
    router.get(
      '/test/used',
      async ({ query }, response) =>
        void response.json((await given.browsers.lastUsed(String(query.session))) ?? null),
    );
    router.get('/test/proved', async (request, response) => {
      await given.browsers.proved(request, response, 'otp');
      response.end();
    });
    router.get('/test/enter', (request, response) =>
      given.browsers.signIn(request, response, {
        backTo: String(request.query.to ?? '/test/who'),
        stepUp: request.query.stepUp === 'yes',
      }),
    );
    router.get('/test/leave', (request, response) => given.browsers.signOut(request, response, '/test/who'));
    return { pages: providerPages(noHouse), routers: [router] };
  };
  async function tell(command: string, data: object, actor = door): Promise<void> {
    commands += 1;
    const reply = await there().dispatch({
      ...{ command, data, commandId: `test-${commands}`, actor, steppedUp: true },
      origin: { channel: 'http' },
    });
    assert.equal(
      reply.outcome,
      'accepted',
      JSON.stringify(reply, (_, value) => String(value)),
    );
  }
  return {
    pages,
    tell,
    /** Whoever may bid. */
    async person(id: string): Promise<void> {
      await tell('Register', registering(id));
      await tell('VerifyEmail', { person: id });
    },
    /** A system. @returns its secret; undefined: it keeps none */
    async client(id: string, more: object, keepsSecret = true): Promise<string | undefined> {
      const { secret, verifier } = newSecret(systemRandomBytes);
      const data = { client: id, name: `System ${id}`, by: 'root', redirectUris: [], ...more };
      await tell('RegisterClient', keepsSecret ? { ...data, verifier } : data);
      return keepsSecret ? secret : undefined;
    },
  };
}

/** Where a page goes on to by itself. */
export async function goesOnTo(page: Response): Promise<string | undefined> {
  const [, to] = /http-equiv="refresh" content="0; url=([^"]*)"/.exec(await page.clone().text()) ?? [];
  return to?.replaceAll('&amp;', '&');
}

/** What a browser keeps, and where it went last. */
export class TestBrowser {
  readonly #cookies = new Map<string, string>();
  /** Who sits before it. */
  person: string;
  constructor(person: string) {
    this.person = person;
  }

  async ask(url: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = {
      ...(init.headers as Record<string, string>),
      cookie,
      'x-person': this.person,
      accept: 'text/html',
    };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /expires=Thu, 01 Jan 1970|max-age=0/i.test(line)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }

  /** Follows until it is sent to somewhere that begins so, or nowhere any more. */
  async go(url: string, until = 'nowhere'): Promise<{ readonly url: string; readonly response: Response }> {
    let at = url;
    for (let hops = 0; hops < 20; hops += 1) {
      const response = await this.ask(at);
      const location = response.headers.get('location') ?? (await goesOnTo(response));
      if (location === undefined) return { url: at, response };
      await response.body?.cancel();
      at = new URL(location, at).href;
      if (at.startsWith(until)) return { url: at, response };
    }
    return assert.fail(`too many redirects, the last to ${at}`);
  }

  /** Sends the form of a page as somebody who says yes. */
  async submit(page: Response, more: Record<string, string>): Promise<Response> {
    const text = await page.text();
    const [, action = ''] = /action="([^"]+)"/.exec(text) ?? [];
    const hidden = [...text.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(
      ([, name = '', value = '']) => [name, value] as const,
    );
    const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...more });
    return this.ask(action, { method: 'POST', body });
  }
}
