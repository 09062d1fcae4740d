import { z } from 'zod';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { publicDetails } from '#domain/kernel/redaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { safeEncode } from '#domain/zod/encoding.ts';

// How rejections leave the platform: as JSON by their schemas, without what is marked in them.

export interface RejectionJson {
  readonly code: string;
  readonly message: string;
  readonly details: JsonObject;
}

/**
 * A rejection as JSON. One that a decider has just made holds amounts as bigint; one that was recorded holds its details
 * as they were stored, perhaps by a version whose catalogue was another: those go out in that form.
 */
export function rejectionJson(registry: Registry, { code, message, details }: Rejection): RejectionJson {
  const declared = registry.rejections.get(code);
  const encoded = declared && safeEncode(declared.schema, details);
  const told = encoded?.success === true ? encoded.data : z.record(z.string(), z.json()).parse(details);
  return { code, message, details: publicDetails(registry, code, told as JsonObject) };
}

/**
 * A rejection as a whole HTTP response, for a connection on which nothing was asked that could be answered. It is the last
 * there.
 */
export function lastRejection(
  registry: Registry,
  rejection: Rejection,
  status: number = statusOf(registry, rejection),
  headers: Readonly<Record<string, string>> = {},
): string {
  const body = JSON.stringify(rejectionJson(registry, rejection));
  const wait = retryAfterSeconds(rejection);
  const head = [
    `HTTP/1.1 ${status} ${rejection.code}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    ...(wait === undefined ? [] : [`Retry-After: ${wait}`]),
    `Content-Length: ${new TextEncoder().encode(body).length}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** The HTTP status that says the same; 409 for a code that the catalogue no longer has. */
export const statusOf = (registry: Registry, { code }: Rejection): number =>
  registry.rejections.get(code)?.status ?? 409;

const MS_PER_SECOND = 1000;
const Hint = z.object({ retryAfterMs: z.int().min(1) });

/** How long to wait before the next try, in milliseconds; undefined where waiting does not help. */
export function retryAfterMs({ details }: Rejection): number | undefined {
  const parsed = Hint.safeParse(details);
  return parsed.success ? parsed.data.retryAfterMs : undefined;
}

/** The same as the header `Retry-After` has it: in whole seconds. */
export function retryAfterSeconds(rejection: Rejection): number | undefined {
  const waitMs = retryAfterMs(rejection);
  return waitMs === undefined ? undefined : Math.ceil(waitMs / MS_PER_SECOND);
}
