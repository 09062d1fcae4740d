import { z } from 'zod';
import { registry } from '#compose/contexts.ts';
import { closeCodes } from '../support/close-codes.ts';
import type { FuzzCase } from './cases.ts';
import { dataProblem, type Judge } from './published.ts';
import type { Received } from './send.ts';

// What one reply says: whether something is wrong with it, and what it tells of the command it answers.

export interface Verdict {
  readonly problem: string | undefined;
  /** `unknown`: no answer tells what became of it. */
  readonly told: 'accepted' | 'rejected' | 'recorded no' | 'unknown';
  /** The command's id, where the reply has it. */
  readonly commandId: string | undefined;
  /** Whether an operation was carried out at all, be it to a no. */
  readonly carriedOut: boolean;
  readonly codes: readonly string[];
}

/** The only no behind a 5xx that is no failure: it was declared, and says when to come again. */
const DECLARED = 'overloaded';
/** Nos that mean that something of ours is broken or gone. */
const FAILURES = new Set(['internal', 'unavailable', 'parked', 'newer_version', 'contended']);
const Rest = z.looseObject({
  outcome: z.enum(['accepted', 'pending']).optional(),
  code: z.string().optional(),
  commandId: z.string().optional(),
  token: z.string().optional(),
});
const Result = z.looseObject({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(z.looseObject({ extensions: z.looseObject({ code: z.string() }) })).optional(),
});
type Result = z.output<typeof Result>;
const Payload = z.looseObject({ query: z.string() });
const Message = z.looseObject({
  type: z.string(),
  id: z.string().optional(),
  payload: z.unknown().optional(),
});
const Answer = z.looseObject({ __typename: z.string(), code: z.string().optional() });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeProblem(code: string): string | undefined {
  if (!registry.rejections.has(code)) return `${code} is no code of the catalogue`;
  return FAILURES.has(code) ? `the answer is ${code}` : undefined;
}
const firstOf = (problems: readonly (string | undefined)[]) =>
  problems.find((problem) => problem !== undefined);

function restVerdict(
  { status, text }: Extract<Received, { over: 'http' }>,
  path: string,
  judge: Judge,
): Verdict {
  const body = parsed(text);
  const known = Rest.safeParse(body).data;
  const code = known?.code;
  const declared = status < 500 || code === DECLARED;
  const problem = firstOf([
    declared ? undefined : `answered ${status}: ${text.slice(0, 300)}`,
    known === undefined ? `the body is no answer: ${text.slice(0, 300)}` : undefined,
    code === undefined ? undefined : codeProblem(code),
    judge(path, status, body),
  ]);
  const recorded = known?.token === undefined ? 'rejected' : 'recorded no';
  return {
    problem,
    told: known?.outcome === undefined ? recorded : 'accepted',
    commandId: known?.commandId,
    carriedOut: true,
    codes: code === undefined ? [] : [code],
  };
}

/** The results of an operation, in whatever frames they came; undefined where something else came. */
function resultsIn(received: Received): readonly unknown[] | undefined {
  if (received.over === 'http') {
    if (!received.type.startsWith('text/event-stream')) return [parsed(received.text)];
    const lines = received.text.split('\n').filter((line) => line.startsWith('data: {'));
    // The last line may have been cut by whoever stopped listening.
    return lines.map((line) => parsed(line.slice(6))).filter((result) => result !== undefined);
  }
  const messages = received.heard.map((text) => Message.safeParse(parsed(text)).data);
  if (messages.includes(undefined)) return undefined;
  return messages.flatMap((message) => {
    if (message?.type === 'next') return [message.payload];
    return message?.type === 'error' ? [{ errors: message.payload }] : [];
  });
}

/** What a mutation was answered with, if that is what was asked. */
const answersIn = ({ data }: Result) =>
  Object.values(data ?? {}).flatMap((value) => Answer.safeParse(value).data ?? []);

function told(fuzzCase: FuzzCase, results: readonly Result[]): Verdict['told'] {
  const answers = results.flatMap(answersIn);
  if (fuzzCase.command === undefined || results.length === 0) return 'unknown';
  if (answers.some(({ __typename }) => __typename === 'Accepted' || __typename === 'Pending'))
    return 'accepted';
  // GraphQL does not tell whether a no was recorded.
  return answers.length === 0 ? 'rejected' : 'recorded no';
}

/** The question as it was sent, if it still is one. */
function querySent({ sending, operation }: FuzzCase): string | undefined {
  if (sending.over === 'websocket') return sending.messages.length === 1 ? operation?.query : undefined;
  if (sending.method === 'GET') return operation?.query;
  return Payload.safeParse(parsed(sending.body.toString())).data?.query;
}

function resultProblem(result: unknown, fuzzCase: FuzzCase, query: string | undefined): string | undefined {
  const known = Result.safeParse(result);
  if (!known.success) return `no result of GraphQL: ${JSON.stringify(result)?.slice(0, 300)}`;
  const { data, errors = [] } = known.data;
  if (data === undefined && errors.length === 0) return 'neither data nor errors';
  return firstOf([
    ...errors.map(({ extensions }) => codeProblem(extensions.code)),
    ...(fuzzCase.command === undefined
      ? []
      : answersIn(known.data).map(({ code }) => code && codeProblem(code))),
    query !== undefined && (fuzzCase.clean || fuzzCase.sending.over !== 'websocket')
      ? dataProblem(query, data)
      : undefined,
  ]);
}

function graphqlVerdict(fuzzCase: FuzzCase, received: Received): Verdict {
  const results = resultsIn(received);
  const closed = received.over === 'websocket' ? received.closed : undefined;
  const status = received.over === 'http' ? received.status : 200;
  const query = querySent(fuzzCase);
  const known = (results ?? [])
    .map((result) => Result.safeParse(result).data)
    .filter((it) => it !== undefined);
  const codes = known.flatMap((result) => [
    ...(result.errors ?? []).map(({ extensions }) => extensions.code),
    ...answersIn(result).flatMap(({ code }) => code ?? []),
  ]);
  const problem = firstOf([
    status >= 500 ? `answered ${status}` : undefined,
    results === undefined ? `a message that is none: ${JSON.stringify(received).slice(0, 300)}` : undefined,
    closed !== undefined && !closeCodes.has(closed) ? `closed with ${closed}` : undefined,
    ...(results ?? []).map((result) => resultProblem(result, fuzzCase, query)),
  ]);
  // What was refused is null by itself, and an error says so.
  const carriedOut = known.some(
    ({ data, errors = [] }) =>
      data && (errors.length === 0 || Object.values(data).some((value) => value !== null)),
  );
  return { problem, told: told(fuzzCase, known), commandId: undefined, carriedOut, codes };
}

/** Judges a reply. */
export function verdictOn(fuzzCase: FuzzCase, received: Received, judge: Judge): Verdict {
  if (fuzzCase.sending.over === 'rest' && received.over === 'http')
    return restVerdict(received, fuzzCase.sending.path, judge);
  return graphqlVerdict(fuzzCase, received);
}
