import type { Kind } from '../collection.ts';
import type { Bound } from '../filter.ts';
import type { ParsedQuery, SortKey } from '../query.ts';

/**
 * A declared path as SQL: the same text in the index and in the query, or SQLite does not use the index. A path has
 * passed `validCollection`, so it holds nothing but names and dots.
 */
export const expressionOf = (path: string, kind: Kind): string =>
  kind === 'integer'
    ? `ifnull(CAST(json_extract(body, '$.${path}') AS INTEGER), 0x8000000000000000)`
    : `ifnull(CAST(json_extract(body, '$.${path}') AS TEXT), '')`;

const comparison = { $eq: '=', $gt: '>', $gte: '>=', $lt: '<', $lte: '<=' } as const;

/** The next rows of a query in its order. The last value left to give is how many. */
export function selectionOf(
  table: string,
  query: ParsedQuery,
  arrays: ReadonlySet<string>,
): { readonly sql: string; readonly values: readonly (string | bigint)[] } {
  const { sort, words, after, filter } = query;
  const conditions = ['body IS NOT NULL'];
  const values: (string | bigint)[] = [];
  for (const bound of filter.bounds.filter(({ path }) => !arrays.has(path)))
    addBound(bound, conditions, values);
  if (words !== undefined) {
    conditions.push(
      `number IN (SELECT rowid FROM ${table.replace('documents', 'words')} WHERE words MATCH ?)`,
    );
    values.push(matchOf(words));
  }
  if (after !== undefined) {
    conditions.push(behind(sort, 0));
    for (const [at, value] of [...after.values, after.id].entries())
      values.push(...(at < sort.length ? [value, value, value] : [value]));
  }
  const keys = sort.map(({ path, kind }) => expressionOf(path, kind));
  const sql = `SELECT id, json(body) AS body${keys.map((key, at) => `, ${key} AS sort_${at}`).join('')}
    FROM ${table} WHERE ${conditions.join(' AND ')}
    ORDER BY ${[...keys.map((key, at) => `${key} ${sort[at]?.descending ? 'DESC' : 'ASC'}`), 'id'].join(', ')} LIMIT ?`;
  return { sql, values };
}

/** Whatever comes behind a place. The outer bound says the same as the inner ones and lets an index begin there. */
function behind(sort: readonly SortKey[], at: number): string {
  const key = sort[at];
  if (key === undefined) return 'id > ?';
  const value = expressionOf(key.path, key.kind);
  const operator = key.descending ? '<' : '>';
  return `(${value} ${operator}= ? AND (${value} ${operator} ? OR (${value} = ? AND ${behind(sort, at + 1)})))`;
}

function addBound(
  { path, kind, operator, values }: Bound,
  conditions: string[],
  given: (string | bigint)[],
): void {
  const value = expressionOf(path, kind);
  conditions.push(
    operator === '$in'
      ? `${value} IN (${values.map(() => '?').join(', ')})`
      : `${value} ${comparison[operator]} ?`,
  );
  given.push(...values);
}

/** Words in quotes, so that nothing of them is read as FTS5's language. No words find nothing. */
const matchOf = (words: readonly string[]): string =>
  words.length === 0
    ? '""'
    : words.map((word, at) => (at === words.length - 1 ? `"${word}"*` : `"${word}"`)).join(' ');
