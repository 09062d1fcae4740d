import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Request, type Response, Router } from 'express';
import type { z } from 'zod';
import { isProof } from '#domain/accounts/account/second-factor.ts';
import { SignedInElsewhere } from '#domain/accounts/door/messages.ts';
import { PasskeyId } from '#domain/accounts/ids.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { Language } from '#domain/kernel/ports/mail.ts';
import type { Quota } from '#domain/kernel/ports/quotas.ts';
import type { Authenticate, Identity } from '#domain/kernel/ports/tokens.ts';
import { invalid, NotFound, RejectedError, StepUpRequired } from '#domain/kernel/rejections.ts';
import { TooManyAtOnceError } from '#runtime/places.ts';
import { spend } from '#runtime/ration.ts';
import type { Turns } from '#runtime/turns.ts';
import { readJson } from '../../rest/body.ts';
import type { Door, Visitor } from '../door/door.ts';
import type { Known } from '../known.ts';
import { type BodyName, bodies, type DoorOperation, operationOf } from './operations.ts';

/** No body of the door is longer: a passkey with what a browser says of it is the longest. */
const BODY_BYTES = 64 * 1024;
const LANGUAGES: readonly Language[] = ['en', 'fr', 'ru'];

export interface AccountRoutes {
  readonly door: Door;
  readonly known: Pick<Known, 'account'>;
  readonly authenticate: Authenticate;
  /** From where a request comes; undefined: whoever asked has gone. */
  readonly addressOf: (request: IncomingMessage) => string | undefined;
  /** What each person may have under way, over every transport together. */
  readonly perPerson: Turns;
  readonly perPersonQuota: Quota;
  /** Who issues tokens in our place, so that nobody comes in by a password of ours; undefined: we do. */
  readonly issuerElsewhere?: string | undefined;
}

type BodyOf<Name extends BodyName> = z.output<(typeof bodies)[Name]>;

/** @throws RejectedError with `invalid`, which repeats nothing of what was sent */
async function bodyOf<Name extends BodyName>(request: Request, name: Name): Promise<BodyOf<Name>> {
  const parsed = bodies[name].safeParse(await readJson(request, BODY_BYTES));
  if (!parsed.success) throw new RejectedError(invalid(parsed.error.issues));
  return parsed.data as BodyOf<Name>;
}

/** What it came to; what there is against it is thrown, and the application answers it. */
function told<T>(outcome: T | Rejection): T {
  if (typeof outcome === 'object' && outcome !== null && 'rejected' in outcome)
    throw new RejectedError(outcome as Rejection);
  return outcome as T;
}

function visitorOf({ addressOf }: AccountRoutes, request: Request): Visitor {
  const preferred = request.acceptsLanguages(...LANGUAGES);
  const language = LANGUAGES.find((known) => known === preferred) ?? 'en';
  return { address: addressOf(request) ?? '', language };
}

/** The secrets of people, and what is theirs, are in no cache. */
const uncached = (response: Response): Response => response.set('Cache-Control', 'no-store');

type Handle = (request: Request, response: Response) => Promise<unknown>;
/** What somebody with a token asks for. */
interface Asked {
  readonly request: Request;
  readonly response: Response;
  /** @throws RejectedError, also where the token holds no more by then: to send it takes as long as whoever asks likes */
  body<Name extends BodyName>(name: Name): Promise<BodyOf<Name>>;
}
type Own = (person: PersonId, asked: Asked) => Promise<unknown>;

/** Whoever has a token, and has proven just before who they are where that is asked for; no more at once than they may. */
const ofThemselves = (routes: AccountRoutes, name: DoorOperation, handle: Own): Handle => {
  const { authenticate, known, perPerson, perPersonQuota } = routes;
  /** By the factors of now, whatever this process was told yet of tokens that end with another one. */
  async function hasProven({ actor, steppedUp, token: { steppedUpBy } }: Identity): Promise<boolean> {
    if (!steppedUp || steppedUpBy === undefined) return steppedUp;
    const account = await known.account(actor.id);
    return account === undefined || isProof(steppedUpBy, account);
  }
  return async (request, response) => {
    const look = async () => told(await authenticate(request.headers.authorization));
    const identity = await look();
    const { actor } = identity;
    await spend(perPersonQuota, actor.id, 1, response);
    if (operationOf[name].needs === 'stepUp' && !(await hasProven(identity)))
      throw new RejectedError(StepUpRequired({}));
    const leave = await perPerson.take(actor.id);
    if (leave === undefined) throw new TooManyAtOnceError();
    try {
      // Whoever has left while it waited sends it again.
      if (request.socket.destroyed) return undefined;
      await look();
      const body: Asked['body'] = async (name) => {
        const given = await bodyOf(request, name);
        await look();
        return given;
      };
      return await handle(actor.id, { request, response, body });
    } finally {
      leave();
    }
  };
};

function forAnybody(routes: AccountRoutes): Partial<Record<DoorOperation, Handle>> {
  const { door } = routes;
  return {
    async register(request) {
      const { language, ...asked } = await bodyOf(request, 'Registration');
      const visitor = visitorOf(routes, request);
      return door.register(asked, { ...visitor, language: language ?? visitor.language });
    },
    verifyEmail: async (request) =>
      door.verifyEmail(await bodyOf(request, 'LinkFollowed'), visitorOf(routes, request)),
    async askReset(request) {
      const { email } = await bodyOf(request, 'ResetAsked');
      return door.askReset(email, visitorOf(routes, request));
    },
    reset: async (request) => door.reset(await bodyOf(request, 'PasswordReset'), visitorOf(routes, request)),
    changeEmail: async (request) =>
      door.changeEmail(await bodyOf(request, 'LinkFollowed'), visitorOf(routes, request)),
  };
}

/** @throws RejectedError; nothing has been sent by then */
async function sendExport({ door }: AccountRoutes, person: PersonId, response: Response): Promise<void> {
  const pieces = told(await door.exportOf(person));
  response.status(200).type('application/json');
  response.set('Content-Disposition', 'attachment; filename="annals.json"');
  // The port listens to each answer in nine places already.
  response.setMaxListeners(response.getMaxListeners() + 5);
  await pipeline(Readable.from(pieces), response);
}

function forThemselves(routes: AccountRoutes): Partial<Record<DoorOperation, Own>> {
  const { door } = routes;
  return {
    standing: (person) => door.standing(person),
    exportOf: (person, { response }) => sendExport(routes, person, response),
    sendVerification: (person, { request }) => door.sendVerification(person, visitorOf(routes, request)),
    changePassword: async (person, { request, body }) =>
      door.changePassword(person, await body('PasswordChange'), visitorOf(routes, request)),
    askEmailChange: async (person, { request, body }) =>
      door.askEmailChange(person, await body('EmailChange'), visitorOf(routes, request)),
    enrolTotp: (person) => door.enrolTotp(person),
    confirmTotp: async (person, { request, body }) =>
      door.confirmTotp(person, (await body('CodeGiven')).code, visitorOf(routes, request)),
    removeTotp: (person) => door.removeTotp(person),
    passkeyOffer: (person) => door.passkeyOffer(person),
    addPasskey: async (person, { body }) => door.addPasskey(person, (await body('PasskeyMade')).credential),
    async removePasskey(person, { request: { params } }) {
      const passkey = PasskeyId.safeParse(params.passkey);
      if (!passkey.success) throw new RejectedError(NotFound({ what: 'passkey' }));
      return door.removePasskey(person, passkey.data);
    },
    makeRecoveryCodes: (person) => door.makeRecoveryCodes(person),
  };
}

/**
 * The door as JSON. Nothing here is asked by a browser on its own: what needs no token takes `application/json` alone, which a page of
 * another origin sends to nobody without being allowed to, and everything else needs a token.
 */
export function accountRoutes(routes: AccountRoutes): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const own = Object.entries(forThemselves(routes)).map(
    ([name, handle]) => [name, ofThemselves(routes, name as DoorOperation, handle)] as const,
  );
  for (const [name, handle] of [...Object.entries(forAnybody(routes)), ...own]) {
    const { method, path, answer, rejections } = operationOf[name as DoorOperation];
    const issuer = rejections.includes(SignedInElsewhere) ? routes.issuerElsewhere : undefined;
    router[method](path.replaceAll(/\{(\w+)\}/g, ':$1'), async (request: Request, response: Response) => {
      if (issuer !== undefined) throw new RejectedError(SignedInElsewhere({ issuer }));
      const outcome = told(await handle(request, uncached(response)));
      if (response.headersSent) return;
      if (outcome === undefined) response.status(answer.status).end();
      else response.status(answer.status).json(outcome);
    });
  }
  return router;
}
