import type { IncomingMessage } from 'node:http';
import { type Request, type Response, Router } from 'express';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import { TooManyAtOnce } from '#domain/kernel/places.ts';
import type { NewId } from '#domain/kernel/ports/facts.ts';
import type { Authenticate } from '#domain/kernel/ports/tokens.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Invalid, Rejected } from '#domain/kernel/rejections.ts';
import type { Turns } from '#domain/kernel/turns.ts';
import { sendRejection, sendReply } from './answer.ts';
import { readJson } from './body.ts';
import { docsPage } from './docs-page.ts';
import { IdempotencyKey } from './idempotency-key.ts';
import { openApi } from './openapi.ts';
import { commandPaths } from './paths.ts';

export interface Rest {
  readonly registry: Registry;
  readonly dispatch: Dispatch;
  readonly authenticate: Authenticate;
  /** From where a request comes; undefined: whoever asked has gone. */
  readonly addressOf: (request: IncomingMessage) => string | undefined;
  /** What each person may have under way, over every transport together. */
  readonly perPerson: Turns;
  /** Of the store, for tokens. */
  readonly epoch: string;
  readonly newId: NewId;
  /** Of the platform, as `/openapi.json` tells it. */
  readonly version: string;
  /** Whether development's conveniences are described, too. */
  readonly development?: boolean;
}

function commandIdOf(request: Request, newId: NewId): string {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return newId();
  const key = IdempotencyKey.safeParse(header);
  if (key.success) return key.data;
  const problem = 'one to 64 visible characters without quotes inside';
  throw new Rejected(Invalid({ issues: [{ path: 'Idempotency-Key', problem }] }));
}

/**
 * `POST /commands/<context>/<command>` for every public command, `GET /openapi.json`, `GET /docs`. The body is the
 * command's data; `Idempotency-Key` is its id, without which each request is a command of its own. What goes wrong is
 * thrown as `Rejected`: the application answers it.
 */
export function restRoutes(rest: Rest): Router {
  const { registry, dispatch, authenticate, addressOf, perPerson, epoch, newId } = rest;
  const { version, development = false } = rest;
  const description = JSON.stringify(openApi(registry, { version, development }));
  const page = docsPage(registry);
  const router = Router({ caseSensitive: true, strict: true });

  const taking = (command: string) => async (request: Request, response: Response) => {
    const known = await authenticate(request.headers.authorization);
    if ('rejected' in known) return sendRejection(response, known, { registry });
    const leave = await perPerson.take(known.actor.id);
    if (leave === undefined) throw new TooManyAtOnce();
    try {
      const commandId = commandIdOf(request, newId);
      const data = await readJson(request);
      const address = addressOf(request);
      const reply = await dispatch({
        command,
        data,
        commandId,
        actor: known.actor,
        origin: { channel: 'http', ...(address === undefined ? {} : { address }) },
      });
      sendReply(response, reply, registry, epoch);
    } finally {
      leave();
    }
  };
  // A route each, so that the router itself knows which there are.
  for (const { path, command } of commandPaths(registry)) router.post(path, taking(command.type));
  router.get('/openapi.json', (_request, response) => {
    response.type('application/json').send(description);
  });
  // Whoever opens the bare address in a browser is shown what there is.
  router.get('/', (_request, response) => response.redirect('/docs'));
  router.get('/docs', (_request, response) => {
    response
      .set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
      .type('html')
      .send(page);
  });
  return router;
}
