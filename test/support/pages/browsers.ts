import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Request, type Response, Router } from 'express';
import { Language } from '#domain/kernel/ports/mail.ts';
import { languageOf } from '#write-side/accounts/pages/languages.ts';
import { providerPages } from '#write-side/accounts/pages/provider-pages.ts';
import type { Browsers, Progress, SignIns, SignInUnderWay } from '#write-side/accounts/sign-ins.ts';
import { noHouse } from '../house.ts';

// A provider in memory: it sends browsers to the pages and takes them back, through redirects as the real one does.

interface UnderWay {
  sign: SignInUnderWay;
  /** Where it leads in the end: a path of ours, or a system's address. */
  readonly leadsTo: string;
  outcome?: 'finished' | 'allowed' | 'aborted';
  proven?: { readonly person: string; readonly methods: readonly string[] };
}
interface Browser {
  session?: { readonly person: string; readonly session: string } | undefined;
  steppedUp: boolean;
  readonly underWay: Map<string, UnderWay>;
}

const formFor = (id: string) =>
  `<form id="${id}" method="post" action="/oidc/x"><input type="hidden" name="xsrf" value="x"/></form>`;
const shownBy = providerPages(noHouse);
/** What the provider shows by itself. */
const ownPages = {
  device: (language: Language) =>
    shownBy.deviceCode({ form: formFor('op.deviceInputForm'), language, problem: 'expired' }),
  confirm: (language: Language) =>
    shownBy.deviceConfirm({
      form: formFor('op.deviceConfirmForm'),
      language,
      client: 'TV',
      code: 'ABCD-EFGH',
    }),
  done: (language: Language) => shownBy.deviceDone({ language, client: 'TV' }),
  'sign-out': (language: Language) => shownBy.signOut({ form: formFor('op.logoutForm'), language }),
  'signed-out': (language: Language) => shownBy.signedOut({ language, isSignedIn: false }),
  'still-signed-in': (language: Language) => shownBy.signedOut({ language, isSignedIn: true }),
  leaving: (language: Language) => shownBy.leaving({ to: 'com.example.app:/back?code=c', language }),
  'not-signed-in': (language: Language) =>
    shownBy.notSignedIn({ language, why: 'refused', again: '/account/security', isSignedIn: true }),
  problem: (language: Language) =>
    shownBy.problem({ language, code: 'invalid_request', description: 'unknown client' }),
} as const;

const COOKIE = 'stand_in_browser';
const fresh = () => randomBytes(12).toString('hex');

/** @param opened told of each sign-in that was finished */
export function providerInMemory(
  opened: (person: string, session: string, system: string | undefined) => void,
) {
  const browsers = new Map<string, Browser>();
  /** What sign-ins came to, the newest last. */
  const finished: { readonly person: string; readonly methods: readonly string[] }[] = [];

  function browserOf(request: IncomingMessage, response: ServerResponse): Browser {
    const id = new RegExp(`${COOKIE}=([\\w-]+)`).exec(request.headers.cookie ?? '')?.[1];
    const known = id === undefined ? undefined : browsers.get(id);
    if (known !== undefined) return known;
    const made: Browser = { steppedUp: false, underWay: new Map() };
    const name = fresh();
    browsers.set(name, made);
    response.appendHeader('Set-Cookie', `${COOKIE}=${name}; Path=/; HttpOnly; SameSite=Lax`);
    return made;
  }

  function begin(browser: Browser, leadsTo: string, sign: Partial<SignInUnderWay>): string {
    const uid = fresh();
    browser.underWay.set(uid, {
      leadsTo,
      sign: {
        ...{ prompt: 'login', stepUp: false, scopes: ['openid'], languages: [] },
        ...{ client: { id: 'pages', name: 'Annals', isOwn: true }, person: browser.session?.person },
        ...{ progress: undefined, loginHint: undefined },
        ...{ leadsTo: URL.parse(leadsTo)?.host, lastsDays: 30 },
        ...sign,
        uid,
      },
    });
    return `/sign-in/${uid}`;
  }

  const send = (response: ServerResponse, to: string): void =>
    void response.writeHead(303, { Location: to }).end();
  const leave = (request: Request, response: Response, to: string): void =>
    void response.set(shownBy.headers()).send(shownBy.leaving({ to, language: languageOf(request) }));
  const current = (request: IncomingMessage, response: ServerResponse, uid: string) =>
    browserOf(request, response).underWay.get(uid);
  const goOn =
    (outcome: UnderWay['outcome'] & string) =>
    async (request: IncomingMessage, response: ServerResponse, uid: string): Promise<string> => {
      const found = current(request, response, uid);
      if (found !== undefined) found.outcome = outcome;
      return `/oidc/auth/${uid}`;
    };
  const signOf = (found: UnderWay | undefined) => (found?.outcome === undefined ? found?.sign : undefined);

  const signIns: SignIns = {
    find: async (request, response, uid) => signOf(current(request, response, uid)),
    underWay: async (request, response) =>
      [...browserOf(request, response).underWay.values()].flatMap((each) => signOf(each) ?? []).reverse(),
    async remember(request, response, uid, progress: Progress) {
      const found = current(request, response, uid);
      if (found !== undefined) found.sign = { ...found.sign, progress };
    },
    async finish(request, response, uid, proven) {
      const found = current(request, response, uid);
      if (found !== undefined) found.proven = proven;
      return goOn('finished')(request, response, uid);
    },
    async another(request, response, uid) {
      const found = current(request, response, uid);
      const anew = { prompt: 'login', stepUp: false, person: undefined, progress: undefined } as const;
      if (found !== undefined) found.sign = { ...found.sign, ...anew, loginHint: undefined };
    },
    allow: goOn('allowed'),
    abort: goOn('aborted'),
  };

  const pages: Browsers = {
    async who(request, response) {
      const { session, steppedUp } = browserOf(request, response);
      return session && { ...session, steppedUp };
    },
    async proved() {},
    lastUsed: async () => undefined,
    async signIn(request, response, { backTo, stepUp = false }) {
      send(response, begin(browserOf(request, response), backTo, { stepUp }));
    },
    async signOut(request, response, backTo) {
      browserOf(request, response).session = undefined;
      send(response, backTo);
    },
  };

  const router = Router();
  /** As a system sends people: `/oidc/start?to=…&name=…&scope=…&ui=…`. */
  router.get('/oidc/start', (request, response) => {
    const { to = '/account', name = 'Shop', scope = 'openid email', hint, ui } = request.query;
    const sign = {
      client: { id: `shop ${name}`, name: String(name), isOwn: false },
      scopes: String(scope).split(' '),
    };
    const languages = Language.array().parse(ui === undefined ? [] : [ui]);
    const loginHint = hint === undefined ? undefined : String(hint);
    send(response, begin(browserOf(request, response), String(to), { ...sign, loginHint, languages }));
  });
  router.get('/oidc/pages/:name', (request, response) => {
    const page = ownPages[request.params.name as keyof typeof ownPages];
    response.set(shownBy.headers()).send(page(languageOf(request)));
  });
  router.get('/oidc/auth/:uid', (request, response) => {
    const browser = browserOf(request, response);
    const { uid } = request.params;
    const found = browser.underWay.get(uid);
    browser.underWay.delete(uid);
    if (found?.outcome === undefined) return void response.status(400).send('none');
    const { sign, leadsTo, outcome, proven } = found;
    if (outcome === 'aborted')
      return leadsTo.startsWith('/')
        ? send(response, '/account/signed-out')
        : leave(request, response, `${leadsTo}?error=access_denied`);
    if (outcome === 'allowed') return leave(request, response, `${leadsTo}?code=c`);
    if (proven === undefined) return void response.status(400).send('nobody');
    finished.push(proven);
    browser.steppedUp = sign.stepUp;
    if (browser.session?.person !== proven.person) {
      browser.session = { person: proven.person, session: fresh() };
      opened(proven.person, browser.session.session, sign.client.isOwn ? undefined : sign.client.name);
    }
    const isOwn = leadsTo.startsWith('/');
    send(
      response,
      isOwn ? leadsTo : begin(browser, leadsTo, { ...sign, prompt: 'consent', person: proven.person }),
    );
  });
  return { signIns, browsers: pages, router, finished };
}
