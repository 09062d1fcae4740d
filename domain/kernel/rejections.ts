import { z } from 'zod';
import '../zod/problems.ts';
import { type Rejection, rejection } from './message.ts';

// The rejections that any command, query or feed can meet. Contexts add their own beside their messages;
// the registry makes one catalogue of all.

/** As many issues as it names, and as much of each. */
const MOST_ISSUES = 20;
const PROBLEM_LENGTH = 300;

const issues = z
  .array(z.object({ path: z.string(), problem: z.string() }))
  .max(MOST_ISSUES)
  .meta({ description: `Where the input is wrong, and how; at most ${MOST_ISSUES}.` });

export const Invalid = rejection('invalid', {
  message: 'The input does not fit its schema.',
  details: { issues },
  status: 400,
});
/** What a schema has found wrong, as the rejection. @param issues zod's, or of our own in their form */
export const invalid = (
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): Rejection =>
  Invalid({
    issues: issues.slice(0, MOST_ISSUES).map(({ path, message }) => ({
      path: path.map(String).join('.'),
      problem: message.slice(0, PROBLEM_LENGTH),
    })),
  });
export const Unauthenticated = rejection('unauthenticated', {
  message: 'A valid token is needed.',
  status: 401,
});
export const StepUpRequired = rejection('step_up_required', {
  message: 'Prove once more that it is you: sign in again, and say acr_values=urn:annals:stepped-up.',
  status: 401,
});
export const BadSignature = rejection('bad_signature', {
  message:
    'The signature does not fit this body, or was made more than five minutes ago. Sign `<milliseconds>.<body>`, byte for byte as it is sent, with the secret we share.',
  details: { header: z.string() },
  status: 401,
});
export const Forbidden = rejection('forbidden', {
  message: 'Your roles do not allow this.',
  details: { needs: z.array(z.string()) },
  status: 403,
});
export const NotFound = rejection('not_found', {
  message: 'There is no such thing.',
  details: { what: z.string() },
  status: 404,
});
export const OperationUnknown = rejection('operation_unknown', {
  message:
    'No operation is kept here under this id, or only those that are kept are taken. Send the id of one, and no other text beside it.',
  status: 404,
});
export const IdempotencyMismatch = rejection('idempotency_mismatch', {
  message: 'This command id was used before for something else. Use a new id for a new command.',
  details: { commandId: z.string() },
});
export const Erased = rejection('erased', {
  message: 'The person it is about was erased at their wish: nothing about them is recorded any more.',
  status: 410,
});
export const TooManyKeys = rejection('too_many_keys', {
  message:
    'You have used as many command ids here as are remembered for a day. Nothing was done; try again with the same id when the oldest is forgotten.',
  details: { limit: z.int().min(1), retryAfterMs: z.int().min(1) },
  status: 429,
});
export const TooManyAttempts = rejection('too_many_attempts', {
  message:
    'There were too many attempts of late, from here or by others. This one was not even looked at; try again later.',
  details: { retryAfterMs: z.int().min(1) },
  status: 429,
});
export const RateLimited = rejection('rate_limited', {
  message:
    'You have asked for as much as is allowed for a while. Nothing was done; come again when the window ends.',
  details: { policy: z.string(), limit: z.int().min(1), retryAfterMs: z.int().min(1) },
  status: 429,
});
export const Overloaded = rejection('overloaded', {
  message: 'Too much work is waiting. Nothing was done; try again later with the same command id.',
  details: { retryAfterMs: z.int().min(1) },
  status: 503,
});
export const Unavailable = rejection('unavailable', {
  message:
    'The store did not answer, or the server closes. Send the same command id again to learn the outcome; a feed goes on from its last cursor.',
  details: { retryAfterMs: z.int().min(1) },
  status: 503,
});
export const NewerVersion = rejection('newer_version', {
  message:
    'This was recorded by a newer version of the platform than the one that answers. Nothing was done; send the same command id again when that one is up to date.',
  details: { event: z.string() },
  status: 503,
});
export const Contended = rejection('contended', {
  message: 'Others changed the same stream too often. Nothing was done; try again with the same command id.',
  details: { retryAfterMs: z.int().min(1) },
  status: 503,
});
export const Behind = rejection('behind', {
  message: 'The view has not reached your token in time. Try again.',
  details: { view: z.string(), retryAfterMs: z.int().min(1) },
  status: 503,
});
export const OtherHistory = rejection('other_history', {
  message: 'The token or cursor belongs to another history. Start again without it.',
});
export const Parked = rejection('parked', {
  message:
    'Something of this view waits for a repair. What would be out of date is not shown; a list that is shown may miss something.',
  details: {
    view: z.string(),
    /** Left out beside a list, of which nobody knows whose is missing. */
    key: z.string().optional(),
  },
  status: 503,
});
export const SlowConsumer = rejection('slow_consumer', {
  message: 'The feed was read too slowly and was cut off. Subscribe again from the last cursor.',
  details: { cursor: z.string() },
  status: 408,
});
export const Internal = rejection('internal', {
  message: 'Something went wrong on our side. It has been recorded.',
  details: { reference: z.string() },
  status: 500,
});

export const commonRejections = [
  Invalid,
  Unauthenticated,
  StepUpRequired,
  BadSignature,
  Forbidden,
  NotFound,
  OperationUnknown,
  IdempotencyMismatch,
  Erased,
  TooManyKeys,
  TooManyAttempts,
  RateLimited,
  Overloaded,
  Unavailable,
  NewerVersion,
  Contended,
  Behind,
  OtherHistory,
  Parked,
  SlowConsumer,
  Internal,
] as const;

/** Carries a rejection through code that returns something else: readers and feeds. Edges turn it into the answer. */
export class RejectedError extends Error {
  readonly rejection: Rejection;
  constructor(rejection: Rejection) {
    super(`${rejection.code}: ${rejection.message}`);
    this.name = 'RejectedError';
    this.rejection = rejection;
  }
}
