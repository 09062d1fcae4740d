import { type ExecutionArgs, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type Places, TooManyAtOnce } from '#domain/kernel/places.ts';
import { retryAfterSeconds } from '#domain/kernel/wire.ts';
import type { Asked } from '../schema/document.ts';
import type { Mask } from './errors.ts';

/** `overloaded`, and over HTTP by its status too. */
function tooMany({ viewer }: Asked, mask: Mask): GraphQLError {
  const error = new TooManyAtOnce();
  if (viewer.origin.channel !== 'graphql') return mask(error);
  const headers = { 'retry-after': String(retryAfterSeconds(error.rejection)) };
  const extensions = { http: { status: error.answer.status, headers } };
  return mask(new GraphQLError(error.message, { originalError: error, extensions }));
}

/**
 * Queries and mutations that one person has under way, whatever they come by, REST included: beyond the bound they are
 * `overloaded` before anything of them is done. Feeds have a bound of their own.
 */
export function boundedPerPerson(perPerson: Places, mask: Mask): Plugin {
  return {
    onExecute({ executeFn, setExecuteFn }) {
      setExecuteFn(async (args: ExecutionArgs) => {
        const asked = args.contextValue as Asked;
        const { actor } = asked.viewer;
        const leave = actor === undefined ? () => undefined : perPerson.take(actor.id);
        if (leave === undefined) return { errors: [tooMany(asked, mask)] };
        try {
          return await executeFn(args);
        } finally {
          leave();
        }
      });
    },
  };
}
