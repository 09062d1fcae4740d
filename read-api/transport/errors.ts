import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { NewId } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { publicDetails } from '#domain/kernel/redaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Internal, Invalid, RejectedError } from '#domain/kernel/rejections.ts';
import { unavailableBy } from '#domain/kernel/store-failure.ts';
import { encode } from '#domain/zod/encoding.ts';
import { RefusedRequestError } from '#runtime/refused-request.ts';
import { withoutValues } from './without-values.ts';

/** Turns whatever was thrown into what a caller may see. What it returns it leaves as it is. */
export type Mask = (error: unknown) => GraphQLError;

/** What was thrown beneath the errors that GraphQL wraps around it. */
function causeOf(error: unknown): unknown {
  if (error instanceof GraphQLError && error.originalError) return causeOf(error.originalError);
  return error;
}

/** Where in the document it happened; yoga reads `http` to answer what is no GraphQL request at all. */
function placeOf(error: unknown) {
  if (!(error instanceof GraphQLError)) return { http: undefined };
  return {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    path: error.path,
    http: error.extensions.http,
  };
}

/** An error as it is told where there are no statuses. */
export function withoutHttp(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...told } = error.toJSON();
  const { http: _, ...rest } = extensions ?? {};
  return { ...told, extensions: rest };
}

/**
 * The one mask of every transport. A rejection keeps its code, message and details; a request that GraphQL itself refuses
 * is `invalid`; a store that cannot be read now is `unavailable`; everything else is `internal` with a reference under which the log has the whole of it.
 */
export function errorMask(registry: Registry, logger: Log, newId: NewId): Mask {
  function rejected(
    { code, message, details }: Rejection,
    error: unknown,
    answer?: RefusedRequestError['answer'],
  ): GraphQLError {
    const { http = answer, ...place } = placeOf(error);
    const declared = registry.rejections.get(code);
    const encoded = declared === undefined ? {} : encode(declared.schema, details);
    const shown = publicDetails(registry, code, encoded as JsonObject);
    const extensions = { code, details: shown, ...(http !== undefined && { http }) };
    return new GraphQLError(message, { ...place, extensions });
  }

  return (error) => {
    const cause = causeOf(error);
    if (cause instanceof RefusedRequestError) return rejected(cause.rejection, error, cause.answer);
    if (cause instanceof RejectedError) return rejected(cause.rejection, error);
    // Commands say the same.
    const unavailable = unavailableBy(cause);
    if (unavailable !== undefined) {
      logger.error({ err: cause }, 'a store could not be read for a GraphQL operation');
      return rejected(unavailable, error);
    }
    const { http, ...place } = placeOf(error);
    if (cause instanceof GraphQLError) {
      const { code: given, details } = cause.extensions;
      // The codes of libraries are none of the catalogue's.
      const code = registry.rejections.has(String(given)) ? given : Invalid.code;
      const extensions = {
        code,
        ...(details !== undefined && { details }),
        ...(http !== undefined && { http }),
      };
      return new GraphQLError(withoutValues(error instanceof GraphQLError ? error : cause), {
        ...place,
        extensions,
      });
    }
    const reference = newId();
    logger.error({ err: cause, reference }, 'a GraphQL operation failed');
    return rejected(Internal({ reference }), error);
  };
}
