import type { z } from 'zod';
import { invalid, RejectedError } from '#domain/kernel/rejections.ts';
import { safeDecode } from '#domain/zod/encoding.ts';
import { authorizeReading } from './authorization/own.ts';
import type { Who } from './authorization/who.ts';
import type { ResolverContext } from './resolver-context.ts';

function parsed(schema: z.ZodObject, given: object): Record<string, unknown> {
  // GraphQL says null where it means "left out"; zod tells the two apart.
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  const result = safeDecode(schema, present);
  if (result.success) return result.data;
  throw new RejectedError(invalid(result.error.issues));
}

/**
 * The one way to anything that is declared, by name or by a global id: whoever may not ask it gets no further than here.
 * @returns the arguments. @throws RejectedError with `unauthenticated`, `forbidden` or `invalid`
 */
export function admitted(
  { who, args }: { readonly who: Who; readonly args: z.ZodObject },
  given: object,
  context: Pick<ResolverContext, 'viewer' | 'insights'>,
): Record<string, unknown> {
  authorizeReading(who, context);
  return parsed(args, given);
}
