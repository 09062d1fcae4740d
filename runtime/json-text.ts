import { RefusedRequestError } from './refused-request.ts';

// JSON as it comes from outside: nothing in it is guessed, repaired or read in two ways.

/** Nothing that is asked of the platform nests deeper; what recurses must not be led to the end of its stack. */
const MAX_DEPTH = 32;
/** The strings of a JSON text, and the colons between them: each stands behind a member's name. */
const STRING_OR_COLON = /"[^"\\]*(?:\\.[^"\\]*)*"|:/g;

const malformed = (problem: string): RefusedRequestError => new RefusedRequestError(400, problem);

/** How many members all objects of a value have together. @throws RefusedRequestError below {@link MAX_DEPTH} levels */
function membersOf(json: unknown): number {
  let members = 0;
  // Level by level, so that it never recurses itself.
  let level: readonly unknown[] = [json];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw malformed(`nests deeper than ${MAX_DEPTH} levels`);
    level = level.flatMap((value) => {
      if (typeof value !== 'object' || value === null) return [];
      const inside = Object.values(value) as readonly unknown[];
      if (!Array.isArray(value)) members += inside.length;
      return inside;
    });
  }
  return members;
}

/** @throws RefusedRequestError (400) for bytes that are not UTF-8: whoever repairs them reads another text than was signed or meant */
export function readUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw malformed('not UTF-8');
  }
}

/**
 * The value of a JSON text.
 *
 * @throws RefusedRequestError (400) for what is no JSON, nests too deep, or has a name twice in one object: of two values readers take
 * different ones, and what was checked might not be what is done
 */
export function readJsonText(text: string): unknown {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformed('not JSON');
  }
  const written = text.match(STRING_OR_COLON)?.filter((found) => found === ':').length ?? 0;
  if (membersOf(json) !== written) throw malformed('an object with a name twice');
  return json;
}
