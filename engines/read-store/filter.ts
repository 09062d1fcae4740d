import { Context } from 'mingo/core';
import * as comparison from 'mingo/operators/query/comparison';
import * as logical from 'mingo/operators/query/logical';
import { Query } from 'mingo/query';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import { documentLimits } from '#domain/kernel/ports/document-store.ts';
import type { Condition, Filter, Scalar } from '#domain/kernel/ports/query.ts';
import { Invalid, RejectedError } from '#domain/kernel/rejections.ts';
import { isPath, type Kind, valueAt, wholeNumber } from './collection.ts';

const operators = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in'] as const;
type Operator = (typeof operators)[number];

/** Named one by one: all that mingo knows takes a tenth of the time of a start to load. */
const known = Context.init().addQueryOps({ ...comparison, ...logical });

/** A condition that must hold in every match, on a declared path: what an engine may look up in its index. */
export interface Bound {
  readonly path: string;
  readonly kind: Kind;
  readonly operator: Exclude<Operator, '$ne'>;
  readonly values: readonly (string | bigint)[];
}

export interface ParsedFilter {
  /** The whole truth about one document. */
  matches(body: JsonObject): boolean;
  readonly bounds: readonly Bound[];
  /** True when everything matches. */
  readonly empty: boolean;
}

export const invalid = (path: string, problem: string): RejectedError =>
  new RejectedError(Invalid({ issues: [{ path, problem }] }));

/** Whole numbers as text of one length, so that comparing the text compares the numbers: mingo knows no bigint. */
const OFFSET = 10n ** 38n;
const sortable = (value: unknown): string => (wholeNumber(value) + OFFSET).toString().padStart(39, '0');

interface Parsing {
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly bounds: Bound[];
  conditions: number;
}

/** Checks a filter and compiles it. Nothing of it reaches SQL but values, and paths that were declared. */
export function parseFilter(filter: Filter, kinds: ReadonlyMap<string, Kind>): ParsedFilter {
  const parsing: Parsing = { kinds, bounds: [], conditions: 0 };
  const criteria = parseAll(filter, parsing, true, 0);
  const query = new Query(criteria, { context: known });
  const integers = [...kinds].filter(([, kind]) => kind === 'integer').map(([path]) => path);
  return {
    matches: (body) => query.test(withIntegers(body, integers)),
    bounds: parsing.bounds,
    empty: parsing.conditions === 0,
  };
}

/** A stand-in for the declared integer, under a name no path can have. */
const integerField = (path: string): string => `#${path.replaceAll('.', '/')}`;

function withIntegers(body: JsonObject, integers: readonly string[]): Record<string, unknown> {
  const document: Record<string, unknown> = { ...body };
  for (const path of integers) {
    const value = valueAt(body, path);
    if (value === undefined || value === null) document[integerField(path)] = value;
    else document[integerField(path)] = Array.isArray(value) ? value.map(sortable) : sortable(value);
  }
  return document;
}

function parseAll(filter: Filter, parsing: Parsing, must: boolean, depth: number): Record<string, unknown> {
  if (depth > MOST_DEPTH) throw invalid('filter', 'it is nested too deeply');
  const all: Record<string, unknown>[] = [];
  for (const [field, condition] of Object.entries(filter)) {
    if (condition === undefined) continue;
    if (field === '$and' || field === '$or') {
      const parts = (condition as readonly Filter[]).map((part) =>
        parseAll(part, parsing, must && field === '$and', depth + 1),
      );
      if (parts.length === 0) throw invalid(field, 'it needs at least one filter');
      all.push({ [field]: parts });
    } else {
      if (!isPath(field)) throw invalid(field, 'not a field');
      all.push(parseField(field, condition as Condition, parsing, must));
    }
  }
  if (all.length === 0) return {};
  return { $and: all };
}
const MOST_DEPTH = 5;

function parseField(
  path: string,
  condition: Condition,
  parsing: Parsing,
  must: boolean,
): Record<string, unknown> {
  parsing.conditions += 1;
  if (parsing.conditions > documentLimits.filterConditions)
    throw invalid('filter', 'it has too many conditions');
  const kind = parsing.kinds.get(path);
  const given = isScalar(condition) ? { $eq: condition } : condition;
  const criteria: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const operator = operators.find((known) => known === name);
    if (operator === undefined) throw invalid(path, `no operator ${name}`);
    const values = operator === '$in' ? (value as readonly Scalar[]) : [value as Scalar];
    if (!Array.isArray(values) || !values.every(isScalar)) throw invalid(path, 'not a value to compare with');
    const compared = values.map((it) => comparable(path, operator, it, kind));
    criteria[operator] = operator === '$in' ? compared : compared[0];
    if (must) addBound(parsing.bounds, path, operator, values, kind);
  }
  if (Object.keys(criteria).length === 0) throw invalid(path, 'it compares with nothing');
  return { [kind === 'integer' ? integerField(path) : path]: criteria };
}

const isScalar = (value: unknown): value is Scalar =>
  value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value);

function comparable(path: string, operator: Operator, value: Scalar, kind: Kind | undefined): unknown {
  if (kind === 'integer') {
    if (value === null) return null;
    if (!isWhole(value)) throw invalid(path, 'not a whole number');
    return sortable(value);
  }
  if (typeof value !== 'bigint') return value;
  if (operator !== '$eq' && operator !== '$ne' && operator !== '$in')
    throw invalid(path, 'it is not declared as a whole number and cannot be ordered as one');
  return value.toString();
}

const isWhole = (value: Scalar): boolean =>
  typeof value === 'bigint' ||
  (typeof value === 'number' && Number.isSafeInteger(value)) ||
  (typeof value === 'string' && /^-?\d{1,19}$/.test(value));

function addBound(
  bounds: Bound[],
  path: string,
  operator: Operator,
  values: readonly Scalar[],
  kind: Kind | undefined,
): void {
  if (kind === undefined || operator === '$ne') return;
  const fit = values.filter((value) =>
    kind === 'integer' ? value !== null && isWhole(value) : typeof value === 'string',
  );
  if (fit.length < values.length) return;
  bounds.push({
    path,
    kind,
    operator,
    values: fit.map((value) => (kind === 'integer' ? wholeNumber(value) : String(value))),
  });
}
