import type { Json } from './canonical.ts';

// States of deciders and sagas are plain data with bigints. JSON knows no bigint, so that one is written as an object
// with the single key `$bigint`; a key of the state's own that begins with `$` gets another `$` in front.
const BIGINT = '$bigint';

function isRecord(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function fieldsToPlain(fields: Readonly<Record<string, unknown>>): Json {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    kept.map(([name, value]) => [name.startsWith('$') ? `$${name}` : name, toPlain(value)]),
  );
}

/**
 * A state as JSON. Fields that are undefined are left out, as JSON does; -0 becomes 0.
 * @throws TypeError for what is not plain data: functions, class instances, maps, dates, NaN, undefined itself.
 */
export function toPlain(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return { [BIGINT]: value.toString() };
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value === 'object' && isRecord(value)) return fieldsToPlain(value);
  throw new TypeError(`a state holds ${typeof value} ${String(value)}, which is not plain data`);
}

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);

/** The state that {@link toPlain} wrote. Its type is the word of whoever wrote it: check a version of the state first. */
export function fromPlain(json: Json): unknown {
  if (json === null || typeof json !== 'object') return json;
  if (isArray(json)) return json.map(fromPlain);
  const digits = json[BIGINT];
  if (typeof digits === 'string') return BigInt(digits);
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [
      name.startsWith('$') ? name.slice(1) : name,
      fromPlain(value),
    ]),
  );
}
