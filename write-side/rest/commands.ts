import type { IncomingMessage } from 'node:http';
import { type Request, type Response, Router } from 'express';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { NewId } from '#domain/kernel/ports/facts.ts';
import type { Quota } from '#domain/kernel/ports/quotas.ts';
import type { Authenticate } from '#domain/kernel/ports/tokens.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Invalid, RejectedError } from '#domain/kernel/rejections.ts';
import { TooManyAtOnceError } from '#runtime/places.ts';
import { spend } from '#runtime/ration.ts';
import type { Turns } from '#runtime/turns.ts';
import { sendRejection, sendReply } from './answer.ts';
import { readJson } from './body.ts';
import { IdempotencyKey } from './idempotency-key.ts';
import { commandPaths } from './paths.ts';

export interface Rest {
  readonly registry: Registry;
  readonly dispatch: Dispatch;
  readonly authenticate: Authenticate;
  /** From where a request comes; undefined: whoever asked has gone. */
  readonly addressOf: (request: IncomingMessage) => string | undefined;
  /** What each person may have under way, over every transport together. */
  readonly perPerson: Turns;
  readonly perPersonQuota: Quota;
  /** Of the store, for tokens. */
  readonly epoch: string;
  readonly newId: NewId;
}

function commandIdOf(request: Request, newId: NewId): string {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return newId();
  const key = IdempotencyKey.safeParse(header);
  if (key.success) return key.data;
  const problem = 'one to 64 visible characters without quotes inside';
  throw new RejectedError(Invalid({ issues: [{ path: 'Idempotency-Key', problem }] }));
}

/**
 * `POST /commands/<context>/<command>` for every public command. The body is the command's data; `Idempotency-Key` is its
 * id, without which each request is a command of its own. What goes wrong is thrown as `RejectedError`: the application answers
 * it.
 */
export function restRoutes(rest: Rest): Router {
  const { registry, dispatch, authenticate, addressOf, perPerson, perPersonQuota, epoch, newId } = rest;
  const router = Router({ caseSensitive: true, strict: true });

  const taking = (command: string) => async (request: Request, response: Response) => {
    const known = await authenticate(request.headers.authorization);
    if ('rejected' in known) return sendRejection(response, known, { registry });
    await spend(perPersonQuota, known.actor.id, 1, response);
    const leave = await perPerson.take(known.actor.id);
    if (leave === undefined) throw new TooManyAtOnceError();
    try {
      // Whoever has left while it waited sends it again, and learns what became of it.
      if (request.socket.destroyed) return;
      const commandId = commandIdOf(request, newId);
      const data = await readJson(request);
      // Waiting and reading take as long as whoever asks likes: what their token may is what it may now.
      const still = await authenticate(request.headers.authorization);
      if ('rejected' in still) return sendRejection(response, still, { registry });
      const address = addressOf(request);
      const reply = await dispatch({
        command,
        data,
        commandId,
        ...{ actor: still.actor, steppedUp: still.steppedUp },
        origin: { channel: 'http', ...(address === undefined ? {} : { address }) },
      });
      sendReply(response, reply, registry, epoch);
    } finally {
      leave();
    }
  };
  // A route each, so that the router itself knows which there are.
  for (const { path, command } of commandPaths(registry)) router.post(path, taking(command.type));
  return router;
}
