import { GraphQLError, parse } from 'graphql';
import { z } from 'zod';
import { OperationUnknown, RejectedError } from '#domain/kernel/rejections.ts';
import { readLimits } from '../limits.ts';

// Operations that were kept here beforehand, and are asked for by their id: what clients of ours send is known when they are built.

/** Operations by their ids. */
export interface KeptOperations {
  readonly texts: ReadonlyMap<string, string>;
  /** Nothing else is taken, be its text the same as one of these. */
  readonly only: boolean;
}

const MOST_OPERATIONS = 10_000;
const Id = z.string().min(1).max(255);
const Text = z.string().max(readLimits.requestBytes);

/** As Apollo's tools write them, and as most others do: texts by their ids, which are hashes of the texts as a rule. */
const Manifest = z.union([
  z
    .object({
      format: z.literal('apollo-persisted-query-manifest'),
      version: z.literal(1),
      operations: z.array(z.object({ id: Id, body: Text })).max(MOST_OPERATIONS),
    })
    .transform(({ operations }) => operations.map(({ id, body }) => [id, body] as const)),
  z
    .record(Id, Text)
    .refine(
      (texts) => Object.keys(texts).length <= MOST_OPERATIONS,
      `more than ${MOST_OPERATIONS} operations`,
    )
    .transform((texts) => Object.entries(texts)),
]);

/** Reads a manifest. @throws Error that says what is wrong with it */
export function readManifest(json: unknown): KeptOperations['texts'] {
  const { data, error } = Manifest.safeParse(json);
  if (data === undefined) throw new TypeError(`no manifest of operations: ${error?.issues[0]?.message}`);
  const texts = new Map(data);
  if (texts.size < data.length) throw new TypeError('an id stands there twice');
  for (const [id, text] of texts) {
    try {
      parse(text, { maxTokens: readLimits.documentTokens });
    } catch (problem) {
      throw new TypeError(`${id}: ${problem instanceof Error ? problem.message : problem}`);
    }
  }
  return texts;
}

/** What a request or a message says of its operation. */
export interface Said {
  readonly query?: string | null | undefined;
  /** By GraphQL over HTTP. */
  readonly documentId?: string | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

/** By Apollo's protocol, which others speak too. */
const Persisted = z.object({ persistedQuery: z.object({ sha256Hash: Id }) });
const SCHEME = /^sha256:/;

const idIn = ({ documentId, extensions }: Said): string | undefined =>
  documentId?.replace(SCHEME, '') ?? Persisted.safeParse(extensions).data?.persistedQuery.sha256Hash;

function unknown(): GraphQLError {
  const originalError = new RejectedError(OperationUnknown({}));
  return new GraphQLError(originalError.message, { originalError, extensions: { http: { status: 404 } } });
}

/**
 * The text of the operation that is meant, whichever transport it came by; undefined: neither a text nor an id.
 * @throws GraphQLError for an id that nothing is kept under, a text that is another than the one under its id, and for any text
 *   where only what is kept is taken
 */
export function textOf(said: Said, kept: KeptOperations | undefined): string | undefined {
  const text = said.query ?? '';
  const id = idIn(said);
  if (id === undefined) {
    if (kept?.only === true && text !== '') throw unknown();
    return said.query ?? undefined;
  }
  const known = kept?.texts.get(id);
  if (known !== undefined && (text === '' || text === known)) return known;
  // Clients that know of no manifest send a hash beside every text, where they may.
  if (text === '' || kept?.only === true || known !== undefined) throw unknown();
  return text;
}
