import type { IncomingMessage } from 'node:http';
import { type Request, Router } from 'express';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { NewId } from '#domain/kernel/ports/facts.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Invalid, RejectedError } from '#domain/kernel/rejections.ts';
import { sendReply } from './answer.ts';
import { askedByToken, type ByToken } from './asked-by-token.ts';
import { IdempotencyKey } from './idempotency-key.ts';
import { commandPaths } from './paths.ts';

export interface Rest extends ByToken {
  readonly registry: Registry;
  readonly dispatch: Dispatch;
  /** From where a request comes; undefined: whoever asked has gone. */
  readonly addressOf: (request: IncomingMessage) => string | undefined;
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
  const { registry, dispatch, addressOf, epoch, newId } = rest;
  const router = Router({ caseSensitive: true, strict: true });

  const taking = (command: string) =>
    askedByToken(rest, async ({ request, response, withBody }) => {
      const commandId = commandIdOf(request, newId);
      const { by, json: data } = await withBody();
      const address = addressOf(request);
      const reply = await dispatch({
        command,
        data,
        commandId,
        ...{ actor: by.actor, steppedUp: by.steppedUp },
        origin: { channel: 'http', ...(address === undefined ? {} : { address }) },
      });
      sendReply(response, reply, registry, epoch);
    });
  // A route each, so that the router itself knows which there are.
  for (const { path, command } of commandPaths(registry)) router.post(path, taking(command.type));
  return router;
}
