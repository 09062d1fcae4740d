import type { Request, Response } from 'express';
import type { Quota } from '#domain/kernel/ports/quotas.ts';
import type { Authenticate, Identity } from '#domain/kernel/ports/tokens.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { TooManyAtOnceError } from '#runtime/places.ts';
import { spend } from '#runtime/ration.ts';
import type { Turns } from '#runtime/turns.ts';
import { readJson } from './body.ts';

// Whoever asks by a token is looked at here alone, and what they send is read here alone: waiting for a turn and sending a body take as long
// as whoever asks likes, and what their token may is what it may behind that.

/** What a route for those with a token is built on. */
export interface ByToken {
  readonly authenticate: Authenticate;
  /** What each person may have under way, over every transport together. */
  readonly perPerson: Turns;
  readonly perPersonQuota: Quota;
}

/** A request of somebody with a token. Whom that stands for is told by asking anew, and by nothing else. */
export interface Asked {
  readonly request: Request;
  readonly response: Response;
  /** For what comes without a body. @throws RejectedError where the token holds no more, or may not do this any more */
  who(): Promise<Identity>;
  /**
   * The JSON of the body, and who has sent it, as it is behind its end.
   * @param most bytes, at most
   * @throws RefusedRequestError; RejectedError as `who`
   */
  withBody(most?: number): Promise<{ readonly by: Identity; readonly json: unknown }>;
}

/** What a route wants of whoever asks besides a token. @throws RejectedError */
export type Demand = (identity: Identity) => void | Promise<void>;

/**
 * A route for those with a token: one who has none is refused, and so is one who asks more than they may, or more at once.
 *
 * @param demand is made before anything of the body is read, and behind it
 * @returns what the answer of `handle` is; undefined where whoever asked has left
 */
export const askedByToken =
  <T>(
    { authenticate, perPerson, perPersonQuota }: ByToken,
    handle: (asked: Asked) => Promise<T>,
    demand: Demand = () => undefined,
  ) =>
  async (request: Request, response: Response): Promise<T | undefined> => {
    async function known(): Promise<Identity> {
      const identity = await authenticate(request.headers.authorization);
      if ('rejected' in identity) throw new RejectedError(identity);
      return identity;
    }
    async function who(): Promise<Identity> {
      const identity = await known();
      await demand(identity);
      return identity;
    }
    async function withBody(most?: number) {
      const json = await readJson(request, most);
      return { by: await who(), json };
    }

    const first = await known();
    const { id } = first.actor;
    await spend(perPersonQuota, id, 1, response);
    await demand(first);
    const leave = await perPerson.take(id);
    if (leave === undefined) throw new TooManyAtOnceError();
    try {
      // Whoever has left while it waited sends it again, and learns what became of it.
      if (request.socket.destroyed) return undefined;
      return await handle({ request, response, who, withBody });
    } finally {
      leave();
    }
  };
