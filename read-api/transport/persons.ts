import { type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Quotas } from '#domain/kernel/ports/quotas.ts';
import type { RejectedError } from '#domain/kernel/rejections.ts';
import { networkOf } from '#runtime/address.ts';
import { TooManyAtOnceError } from '#runtime/places.ts';
import { RateLimitedError, spend } from '#runtime/ration.ts';
import type { Turns } from '#runtime/turns.ts';
import { retryAfterSeconds } from '#runtime/wire.ts';
import type { QueryServices } from '../resolver-context.ts';
import type { Asked } from '../schema/document.ts';
import type { Transported } from './caller.ts';
import type { Mask } from './errors.ts';

/** By its code, and over HTTP by 429 too: it is theirs alone. */
function tooMany(
  { viewer }: Asked,
  mask: Mask,
  error: RejectedError = new TooManyAtOnceError(),
): GraphQLError {
  if (viewer.origin.channel !== 'graphql') return mask(error);
  const headers = { 'retry-after': String(retryAfterSeconds(error.rejection)) };
  const extensions = { http: { status: 429, headers } };
  return mask(new GraphQLError(error.message, { originalError: error, extensions }));
}

/** Whose turn it is: a person's, or where nobody has signed in that of everybody who comes from there. */
const ownerOf = ({ viewer }: Asked): string =>
  viewer.actor?.id ?? `address ${networkOf(viewer.origin.address ?? '')}`;

const hasGone = ({ caller, req }: Transported): boolean =>
  caller?.hasGone?.() ?? req?.socket.destroyed ?? false;

type Answers = AsyncIterableIterator<ExecutionResult>;
const isStream = (result: unknown): result is Answers =>
  typeof result === 'object' && result !== null && Symbol.asyncIterator in result;

/** What an operation takes of its person's places and of rations; or why it is not done, whoever asks. */
export type Weigh = (
  args: ExecutionArgs,
) => { readonly places: number; readonly points: number } | GraphQLError;

/** What it costs by rate. A request, and a message on a socket, has paid one of its network's points when it came. @throws RateLimitedError */
async function pay({ perAddress, perPerson }: Quotas, asked: Asked & Transported, points: number) {
  const { viewer, res } = asked;
  if (points > 1) await spend(perAddress, networkOf(viewer.origin.address ?? 'unknown'), points - 1, res);
  if (viewer.actor !== undefined) await spend(perPerson, viewer.actor.id, points, res);
}

/** Each answer of a feed leaves in its reader's turn: five hundred feeds of one person are read no faster than one. */
function paced(answers: Answers, perPerson: Turns, owner: string): Answers {
  const stream: Answers = {
    async next() {
      const answer = await answers.next();
      // It is not waited for inside the turn: a feed may be silent for hours.
      (await perPerson.take(owner))?.();
      return answer;
    },
    return: async () => (await answers.return?.()) ?? { done: true, value: undefined },
    throw: async () => (await answers.return?.()) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}

/**
 * Questions and commands of one person are done a few at once, whatever they come by, REST included, and feeds of theirs begun
 * and read so: the rest waits for its turn. Beyond what may wait they are `overloaded` before anything of them is done. How
 * many feeds are open has a bound of its own.
 */
export function inTurn(
  { perPerson, quotas }: Pick<QueryServices, 'perPerson' | 'quotas'>,
  mask: Mask,
  weigh: Weigh,
): Plugin {
  function taking<Result>(work: (args: ExecutionArgs) => Result) {
    return async (args: ExecutionArgs): Promise<Awaited<Result> | ExecutionResult | Answers> => {
      const asked = args.contextValue as Asked & Transported;
      const owner = ownerOf(asked);
      const weight = weigh(args);
      if (weight instanceof GraphQLError) return { errors: [weight] };
      try {
        await pay(quotas, asked, weight.points);
      } catch (error) {
        if (error instanceof RateLimitedError) return { errors: [tooMany(asked, mask, error)] };
        throw error;
      }
      const leave = await perPerson.take(owner, weight.places);
      if (leave === undefined) return { errors: [tooMany(asked, mask)] };
      try {
        // What nobody waits for any more is not done: who floods and leaves would be at work for long behind.
        if (hasGone(asked)) return { errors: [tooMany(asked, mask)] };
        const result = await work(args);
        return isStream(result) ? paced(result, perPerson, owner) : result;
      } finally {
        leave();
      }
    };
  }
  return {
    onExecute: ({ executeFn, setExecuteFn }) => setExecuteFn(taking(executeFn)),
    onSubscribe: ({ subscribeFn, setSubscribeFn }) => setSubscribeFn(taking(subscribeFn)),
  };
}
