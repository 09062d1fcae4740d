import type { FuzzCase } from './cases.ts';

/** How often a case is sent again to make it smaller. */
const MOST_TRIES = 60;

type Bag = Record<string, unknown>;

function* simplerText(text: string): Generator<unknown> {
  if (text.length < 2) return;
  yield text.slice(0, text.length >> 1);
  yield text.slice(text.length >> 1);
}

function* simplerList(list: readonly unknown[]): Generator<unknown> {
  for (const at of list.keys()) yield list.toSpliced(at, 1);
  for (const [at, item] of list.entries()) for (const next of simpler(item)) yield list.with(at, next);
}

function* simplerObject(bag: Bag): Generator<unknown> {
  for (const key of Object.keys(bag)) {
    const { [key]: _, ...rest } = bag;
    yield rest;
  }
  for (const [key, value] of Object.entries(bag)) {
    // Half a question is seldom one.
    if (key !== 'query') for (const next of simpler(value)) yield { ...bag, [key]: next };
  }
}

/** Simpler values that differ from this one in one place, the boldest first. */
function simpler(value: unknown): Iterable<unknown> {
  if (typeof value === 'string') return simplerText(value);
  if (Array.isArray(value)) return simplerList(value);
  return typeof value === 'object' && value !== null ? simplerObject(value as Bag) : [];
}

function bodyOf({ sending }: FuzzCase): unknown {
  if (sending.over === 'websocket') return undefined;
  try {
    return JSON.parse(sending.body.toString());
  } catch {
    return undefined;
  }
}

/** The smallest case found, within bounds, that `fails` in the same way; the case itself where nothing smaller does. */
export async function shrunk(
  fuzzCase: FuzzCase,
  fails: (smaller: FuzzCase) => Promise<boolean>,
): Promise<FuzzCase> {
  let smallest = fuzzCase;
  let body = bodyOf(fuzzCase);
  if (body === undefined || fuzzCase.sending.over === 'websocket') return fuzzCase;
  for (let tries = 0, found = true; found; ) {
    found = false;
    for (const next of simpler(body)) {
      if (++tries > MOST_TRIES) return smallest;
      const candidate: FuzzCase = {
        ...fuzzCase,
        clean: false,
        sending: { ...fuzzCase.sending, body: Buffer.from(JSON.stringify(next)) },
      };
      if (!(await fails(candidate))) continue;
      [smallest, body, found] = [candidate, next, true];
      break;
    }
  }
  return smallest;
}
