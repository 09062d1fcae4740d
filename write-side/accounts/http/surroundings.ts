import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';
import type { z } from 'zod';
import type { Rejection } from '#domain/kernel/message.ts';
import type { Language } from '#domain/kernel/ports/mail.ts';
import { invalid, RejectedError } from '#domain/kernel/rejections.ts';
import type { ByToken } from '../../rest/asked-by-token.ts';
import type { Door, Visitor } from '../door/door.ts';
import type { Known } from '../known.ts';
import { type BodyName, bodies } from './operations.ts';

/** No body of the door is longer: a passkey with what a browser says of it is the longest. */
export const BODY_BYTES = 64 * 1024;
const LANGUAGES: readonly Language[] = ['en', 'fr', 'ru'];

export interface AccountRoutes extends ByToken {
  readonly door: Door;
  readonly known: Pick<Known, 'account'>;
  /** From where a request comes; undefined: whoever asked has gone. */
  readonly addressOf: (request: IncomingMessage) => string | undefined;
  /** Who issues tokens in our place, so that nobody comes in by a password of ours; undefined: we do. */
  readonly issuerElsewhere?: string | undefined;
}

export type BodyOf<Name extends BodyName> = z.output<(typeof bodies)[Name]>;

/** @throws RejectedError with `invalid`, which repeats nothing of what was sent */
export function bodyAs<Name extends BodyName>(name: Name, json: unknown): BodyOf<Name> {
  const parsed = bodies[name].safeParse(json);
  if (!parsed.success) throw new RejectedError(invalid(parsed.error.issues));
  return parsed.data as BodyOf<Name>;
}

/** What it came to; what there is against it is thrown, and the application answers it. */
export function told<T>(outcome: T | Rejection): T {
  if (typeof outcome === 'object' && outcome !== null && 'rejected' in outcome)
    throw new RejectedError(outcome as Rejection);
  return outcome as T;
}

export function visitorOf({ addressOf }: Pick<AccountRoutes, 'addressOf'>, request: Request): Visitor {
  const preferred = request.acceptsLanguages(...LANGUAGES);
  const language = LANGUAGES.find((known) => known === preferred) ?? 'en';
  return { address: addressOf(request) ?? '', language };
}
