import type { IncomingMessage } from 'node:http';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { type ExecutionResult, GraphQLError, type GraphQLSchema, parse, Source, validate } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Rejection } from '#domain/kernel/message.ts';
import type { Identity } from '#domain/kernel/ports/tokens.ts';
import { RejectedError, Unauthenticated } from '#domain/kernel/rejections.ts';
import { bearerChallenge, bearerToken } from '#runtime/bearer.ts';
import type { QueryServices } from '../resolver-context.ts';
import type { Asked } from '../schema/document.ts';
import type { Viewer } from '../viewer.ts';
import { bounded } from './answers.ts';
import type { Caller, Transported } from './caller.ts';
import { costOf, shapeRule } from './cost.ts';
import type { Mask } from './errors.ts';
import { graphiqlOptions } from './graphiql.ts';
import { withoutIntrospection } from './introspection.ts';
import type { KeptOperations } from './kept-operations.ts';
import { demandShallow } from './nesting.ts';
import { inTurn, type Weigh } from './persons.ts';
import { requestGuards } from './requests.ts';
import { withoutValues } from './without-values.ts';

/** Who a token stands for. Called for every operation, so that a long socket outlives no token. */
export type Authenticate = (token: string) => Promise<Identity | Rejection>;

/** The token of whoever says who they are; undefined: nobody does. @throws RejectedError for every other scheme, and none */
function tokenIn(authorization: unknown): string | undefined {
  if (authorization === undefined) return undefined;
  const token = typeof authorization === 'string' ? bearerToken(authorization) : undefined;
  if (token === undefined) throw new RejectedError(Unauthenticated({}));
  return token;
}

function callerOf({ addressOf }: QueryServices, req: IncomingMessage | undefined): Caller {
  const address = req && addressOf(req);
  return {
    authorization: req?.headers.authorization,
    origin: { channel: 'graphql', ...(address !== undefined && { address }) },
  };
}

/** Who asks. @throws RejectedError for a bad token */
async function viewerOf({ authorization, origin }: Caller, authenticate: Authenticate): Promise<Viewer> {
  const token = tokenIn(authorization);
  if (token === undefined)
    return { actor: undefined, expiresAt: undefined, token: {}, steppedUp: false, origin };
  const known = await authenticate(token);
  if ('rejected' in known) throw new RejectedError(known);
  return { ...known, origin };
}

/** Who asks by HTTP: a bad token is told by the status too, as clients and proxies know it. */
async function requesterOf(
  services: QueryServices,
  req: IncomingMessage | undefined,
  authenticate: Authenticate,
): Promise<Viewer> {
  try {
    return await viewerOf(callerOf(services, req), authenticate);
  } catch (error) {
    if (!(error instanceof RejectedError)) throw error;
    const headers = { 'WWW-Authenticate': bearerChallenge(req?.headers.authorization) };
    throw new GraphQLError(error.message, {
      originalError: error,
      extensions: { http: { status: 401, headers } },
    });
  }
}

type Answers = AsyncIterableIterator<ExecutionResult>;
const isStream = (result: unknown): result is AsyncIterable<ExecutionResult> =>
  typeof result === 'object' && result !== null && Symbol.asyncIterator in result;

/** A failed feed ends with the failure as its last answer: no transport would say it the same way. */
function endingInAnswer(
  answers: AsyncIterable<ExecutionResult>,
  bound: (result: ExecutionResult) => ExecutionResult,
  mask: Mask,
): Answers {
  const source = answers[Symbol.asyncIterator]();
  let failed = false;
  const done = { done: true as const, value: undefined };
  const stream: Answers = {
    async next() {
      if (failed) return done;
      try {
        const answer = await source.next();
        return answer.done ? done : { done: false, value: bound(answer.value) };
      } catch (error) {
        failed = true;
        return { done: false, value: { errors: [mask(error)] } };
      }
    },
    async return() {
      await source.return?.();
      return done;
    },
    async throw() {
      await source.return?.();
      return done;
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}

/**
 * Variables that do not fit are refused by GraphQL itself, as unknown fields are before them: older clients, which accept
 * `application/json`, expect 200 for both. The executor says 400 of them whatever is accepted.
 */
const asGraphqlRefuses = (result: ExecutionResult): ExecutionResult => {
  if (result.data !== undefined || result.errors === undefined) return result;
  const errors = result.errors.map((error) => {
    const { http } = error.extensions as { readonly http?: { readonly status?: number } };
    if (http?.status !== 400) return error;
    const extensions = { ...error.extensions, http: { ...http, spec: true } };
    return new GraphQLError(withoutValues(error), { nodes: error.nodes, extensions });
  });
  return { ...result, errors };
};

/** Limits and masks on every stage, whichever transport asks. */
function guards(services: QueryServices, mask: Mask): Plugin<Asked> {
  const { limits } = services;
  const bound = (result: ExecutionResult) => bounded(result, limits, mask);
  return {
    onParse({ setParseFn }) {
      setParseFn((text: string | Source) => {
        const source = typeof text === 'string' ? new Source(text) : text;
        demandShallow(source, limits.bracketLevels, limits.documentTokens);
        return parse(source, { maxTokens: limits.documentTokens });
      });
      return ({ result, replaceParseResult }) => {
        if (result instanceof Error) replaceParseResult(mask(result));
      };
    },
    onValidate({ setValidationFn, validateFn }) {
      // Counted first and alone: rules of GraphQL compare each field with each other, which costs more than what is refused here.
      setValidationFn((schema, document, ...more) => {
        const beyond = validate(schema, document, [shapeRule(limits)]);
        return beyond.length > 0 ? beyond : validateFn(schema, document, ...more);
      });
      return ({ valid, result, setResult }) => {
        if (!valid) setResult(result.map(mask));
      };
    },
    onExecute({ args: { contextValue } }) {
      const { beside } = contextValue;
      return {
        onExecuteDone({ result, setResult }) {
          if (Symbol.asyncIterator in result) return;
          const said = beside.map(mask);
          const whole =
            said.length === 0 ? result : { ...result, errors: [...(result.errors ?? []), ...said] };
          setResult(asGraphqlRefuses(bound(whole)));
        },
      };
    },
    onSubscribe() {
      return {
        onSubscribeResult({ result, setResult }) {
          if (isStream(result)) setResult(endingInAnswer(result, bound, mask));
          else if (!(Symbol.asyncIterator in result)) setResult(asGraphqlRefuses(result));
        },
      };
    },
  };
}

interface Options {
  readonly schema: GraphQLSchema;
  readonly services: QueryServices;
  readonly mask: Mask;
  readonly authenticate: Authenticate;
  /** For development. */
  readonly graphiql: boolean;
  readonly introspection: boolean;
  readonly kept: KeptOperations | undefined;
}

/** The one executor: yoga answers HTTP and SSE by it, the socket takes its stages from it. */
export function executor(options: Options) {
  const { schema, services, mask, authenticate, graphiql, introspection, kept } = options;
  const { limits } = services;
  const weigh: Weigh = (args) => {
    const cost = costOf(args, limits);
    if (cost instanceof GraphQLError) return mask(cost);
    const places = 1 + Math.floor(cost.fields / limits.fieldsPerPlace);
    return { places, points: Math.max(places, cost.roots) };
  };
  return createYoga<Transported, Asked>({
    schema,
    graphqlEndpoint: '/graphql',
    graphiql: graphiql && graphiqlOptions,
    // The page with its script in it: a browser needs no other network than the house.
    renderGraphiQL,
    landingPage: false,
    // What it would answer itself, empty, to every address that ends so: none does.
    healthCheckEndpoint: ' ',
    logging: false,
    multipart: false,
    cors: false,
    maxRequestBodySize: limits.requestBytes,
    maskedErrors: { maskError: (error) => mask(error), isDev: false },
    plugins: [
      requestGuards(kept),
      guards(services, mask),
      inTurn(services, mask, weigh),
      ...(introspection ? [] : [withoutIntrospection()]),
    ],
    context: async ({ caller, req }) => ({
      viewer: caller ? await viewerOf(caller, authenticate) : await requesterOf(services, req, authenticate),
      services,
      beside: [],
    }),
  });
}
export type Executor = ReturnType<typeof executor>;
