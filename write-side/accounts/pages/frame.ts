import { type Request, type Response, Router } from 'express';
import type { Instant } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { Language } from '#domain/kernel/ports/mail.ts';
import type { Sealing } from '#domain/kernel/ports/sealing.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { unavailableBy } from '#domain/kernel/store-failure.ts';
import type { House } from '#runtime/house.ts';
import { RefusedRequestError } from '#runtime/refused-request.ts';
import { retryAfterSeconds, statusOf } from '#runtime/wire.ts';
import type { Visitor } from '../door/door.ts';
import { sendPieces } from '../pieces.ts';
import { html } from './html.ts';
import { type Entered, isOwnForm, readForm } from './intake.ts';
import { texts as allTexts, chosenLanguage, LANGUAGE_COOKIE, languageOf } from './languages.ts';
import { layout, type Page } from './layout.ts';
import { pageHeaders } from './policy.ts';
import { sentenceOf } from './refusals.ts';
import { keepingRefused, NOTHING_REFUSED, type Refused } from './refused.ts';
import type { Texts } from './texts/en.ts';

// How a page is asked for and answered. Handlers say what is to be answered; this alone writes it.

/** One request for a page. */
export interface Visit {
  readonly request: Request;
  readonly response: Response;
  readonly language: Language;
  readonly texts: Texts;
  readonly visitor: Visitor;
  readonly now: Instant;
  /** What the form on this page was refused for just before; nothing where it was not. */
  readonly refused: Refused;
}

/** `language`: another than the browser's. `answered`: somebody else has answered. */
export type Answer = ({ readonly language?: Language } & Said) | 'answered';
type Said =
  | { readonly page: Page; readonly rejection?: Rejection | undefined; readonly status?: number }
  /** Look there (303): loading it anew repeats nothing. A path of ours. */
  | { readonly to: string }
  /** As `to`, of a form that was refused: the page where it stands tells why. */
  | ({ readonly backTo: string } & Refused)
  | { readonly json: object; readonly status?: number }
  | { readonly download: AsyncIterable<string>; readonly name: string };

export interface FrameOptions {
  readonly registry: Registry;
  readonly house: House;
  readonly now: () => Instant;
  /** From where a request comes. */
  readonly addressOf: (request: Request) => string | undefined;
  /** Where people come to: `https://annals.example`; asked for late, since a port may be chosen late. */
  readonly publicUrl: () => string;
  /** For what a browser keeps between a form that was refused and its page. */
  readonly sealing: Pick<Sealing, 'seal' | 'open'>;
  /** Told of every error that is no fault of the caller, with the reference the caller got. */
  readonly report: (error: unknown, reference: string) => void;
}

export interface Frame {
  readonly router: Router;
  shows(path: string, handler: (visit: Visit) => Promise<Answer>): void;
  /** Whoever asks for it without a form is sent to `shownAt`, where that form stands. */
  acts(
    path: string,
    shownAt: string | undefined,
    handler: (visit: Visit, entered: Entered) => Promise<Answer>,
  ): void;
  /** What is asked for below these and is not there. Methods that it is not served with are the port's to tell. */
  falls(below: readonly string[], answer: (visit: Visit) => Answer): void;
}

const YEAR_SECONDS = 31_536_000;

const plain = (title: string, why: string, status: number): Answer => ({
  status,
  page: { title, main: html`<h1>${title}</h1><p>${why}</p>` },
});

/** Where nothing else is. */
export const notFound = ({ texts: { problems, layout } }: Pick<Visit, 'texts'>): Answer => ({
  status: 404,
  page: {
    title: problems.notFound,
    main: html`<h1>${problems.notFound}</h1><p>${problems.notFoundWhy}</p>
<p><a href="/account">${layout.toAccount}</a></p>`,
  },
});

/** A 401 would have to name a scheme by which a browser could come again, and there is none. */
const pageStatus = (registry: Registry, rejection: Rejection): number => {
  const status = statusOf(registry, rejection);
  return status === 401 ? 422 : status;
};

/** A no on a page of its own. */
export const refusedPage = (rejection: Rejection, { texts, language, now }: Visit): Answer => {
  const title = texts.problems.refused;
  return {
    rejection,
    page: {
      title,
      isError: true,
      main: html`<h1>${title}</h1><p>${sentenceOf(rejection, language, now)}</p>`,
    },
  };
};

function redirect(response: Response, to: string): void {
  if (!/^\/(?![/\\])/.test(to)) throw new TypeError('a redirect that is none to a path of ours');
  response.redirect(303, to);
}

async function write(
  { response, request, ...visit }: Visit,
  answer: Exclude<Answer, { readonly backTo: string }>,
  { registry, house }: Pick<FrameOptions, 'registry' | 'house'>,
): Promise<void> {
  if (answer === 'answered') return;
  if ('to' in answer) return redirect(response, answer.to);
  if ('json' in answer) {
    response.status(answer.status ?? 200).json(answer.json);
    return;
  }
  if ('download' in answer) {
    await sendPieces(response.attachment(answer.name).type('json'), answer.download);
    return;
  }
  const { language = visit.language } = answer;
  const { page, rejection, status = 200 } = answer;
  const wait = rejection && retryAfterSeconds(rejection);
  if (wait !== undefined) response.set('Retry-After', String(wait));
  response
    .status(rejection === undefined ? status : pageStatus(registry, rejection))
    .set(pageHeaders())
    // What answers a form, codes that are shown once among it, nobody can ask for again: a link to it in another language would lose it.
    .send(layout(page, language, request.method === 'POST' ? undefined : request.originalUrl, house));
}

/** Whatever was thrown, as a page. */
function troublePage(error: unknown, visit: Visit, { report }: FrameOptions): Answer {
  const { problems } = visit.texts;
  if (error instanceof RefusedRequestError) {
    const { status } = error.answer;
    return status === 413
      ? plain(problems.tooLarge, problems.tooLargeWhy, status)
      : plain(problems.badRequest, problems.badRequestWhy, status);
  }
  if (error instanceof RejectedError) return refusedPage(error.rejection, visit);
  const unavailable = unavailableBy(error);
  const reference = String(visit.response.getHeader('X-Request-Id'));
  report(error, reference);
  return unavailable === undefined
    ? plain(problems.trouble, problems.troubleWhy(reference), 500)
    : refusedPage(unavailable, visit);
}

const visiting =
  ({ addressOf, publicUrl, now }: FrameOptions) =>
  (request: Request, response: Response): Visit => {
    const language = languageOf(request);
    const chosen = chosenLanguage(request);
    if (chosen !== undefined)
      response.cookie(LANGUAGE_COOKIE, chosen, {
        ...{ httpOnly: true, sameSite: 'lax', path: '/', maxAge: YEAR_SECONDS * 1_000 },
        secure: publicUrl().startsWith('https:'),
      });
    const visitor = { address: addressOf(request) ?? '', language };
    const shown = { language, texts: allTexts[language], refused: NOTHING_REFUSED };
    return { request, response, ...shown, visitor, now: now() };
  };

/** The routes of the pages, as they are added to it. */
export function frame(options: FrameOptions): Frame {
  const { publicUrl } = options;
  const router = Router({ caseSensitive: true, strict: true });
  const kept = keepingRefused(options);
  const visitOf = visiting(options);

  const answering =
    (handler: (visit: Visit) => Promise<Answer>) => async (request: Request, response: Response) => {
      const visit = visitOf(request, response);
      const answer = await handler(visit).catch((error: unknown) => {
        // Nobody can take an answer back that has begun: the port's own entrance ends it.
        if (response.headersSent) throw error;
        // The rest of a form that nobody read still stands in the connection: it cannot carry another request.
        if (!request.complete) response.set('Connection', 'close');
        return troublePage(error, visit, options);
      });
      if (answer === 'answered' || !('backTo' in answer)) return write(visit, answer, options);
      await kept.keep(response, answer.backTo, answer);
      redirect(response, answer.backTo);
    };

  return {
    router,
    shows(path, handler) {
      router.get(
        path,
        answering(async (visit) => {
          const { request, response } = visit;
          return handler({ ...visit, refused: await kept.take(request, response, request.path) });
        }),
      );
    },
    acts(path, shownAt, handler) {
      router.post(
        path,
        answering(async (visit) => {
          const { problems } = visit.texts;
          if (!isOwnForm(visit.request.headers, new URL(publicUrl()).origin))
            return plain(problems.otherSite, problems.otherSiteWhy, 403);
          return handler(visit, await readForm(visit.request));
        }),
      );
      if (shownAt !== undefined)
        router.get(
          path,
          answering(async () => ({ to: shownAt })),
        );
    },
    falls(below, answer) {
      router.use([...below], (request, response, next) => {
        if (request.method !== 'GET' && request.method !== 'HEAD') return next();
        return answering(async (visit) => answer(visit))(request, response);
      });
    },
  };
}
