import type { Chance } from './chance.ts';

// What goes wrong with a message on its way: in its structure, in its text, in its bytes.

const keys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'then',
  'toJSON',
  '$bigint',
  '',
  'a\u0000',
  'ø',
  '0',
];
const strange: readonly unknown[] = [
  ...[null, true, false, 0, -0, -1, 1.5, 1e21, 2 ** 53, Number.MAX_VALUE],
  ...[
    '',
    ' ',
    '0',
    '-1',
    '+5',
    '1e3',
    '0x10',
    ' 1 ',
    '1.5',
    '٣',
    '９',
    'NaN',
    '9'.repeat(19),
    '9'.repeat(400),
  ],
  ...[
    '\ud800',
    '\udc00\ud800',
    'a\u0000b',
    '\u202e\u2066',
    '\ufeff',
    'e\u0301'.repeat(50),
    '👨‍👩‍👧‍👦',
    'ﷺ'.repeat(40),
  ],
  ...[
    '__proto__',
    'constructor',
    '../..',
    '%00',
    '$where',
    '{{7*7}}',
    "'--",
    'x'.repeat(65),
    'x'.repeat(5_000),
  ],
  ...[
    '2026-02-30T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
    '0000-01-01T00:00:00Z',
    'USD',
    'usd',
    'open-1',
    'ann',
  ],
  ...[[], {}, [[]], [null], { amount: '1' }, { $bigint: '1' }, { toString: 1, valueOf: 2 }],
];

/** A copy: what is put into one message must not change what is put into the next. */
const oddity = (chance: Chance): unknown => structuredClone(chance.pick(strange));

type Bag = Record<string, unknown>;
const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null;
const setOwn = (bag: Bag, key: string, value: unknown): void => {
  // An assignment to `__proto__` would change the prototype instead of adding the key.
  Object.defineProperty(bag, key, { value, enumerable: true, configurable: true, writable: true });
};

/** Every object and list in a value, itself included. */
function bagsIn(value: unknown, found: Bag[] = []): Bag[] {
  if (!isBag(value) || found.length > 200) return found;
  found.push(value);
  for (const inner of Object.values(value)) bagsIn(inner, found);
  return found;
}

function nested(chance: Chance): unknown {
  let value: unknown = oddity(chance);
  for (let depth = chance.pick([3, 30, 300]); depth > 0; depth--)
    value = depth % 2 === 0 ? [value] : { a: value };
  return value;
}

const changes: readonly ((bag: Bag, chance: Chance) => void)[] = [
  (bag, chance) => {
    const known = Object.keys(bag);
    if (known.length > 0) delete bag[chance.pick(known)];
  },
  (bag, chance) => setOwn(bag, chance.pick(keys), oddity(chance)),
  (bag, chance) => setOwn(bag, `extra${chance.below(9)}`, oddity(chance)),
  (bag, chance) => {
    const known = Object.keys(bag);
    if (known.length > 0) setOwn(bag, chance.pick(known), oddity(chance));
  },
  (bag, chance) => {
    const known = Object.keys(bag);
    if (known.length > 0) setOwn(bag, chance.pick(known), nested(chance));
  },
  (bag, chance) => {
    const known = Object.keys(bag);
    if (known.length > 0)
      setOwn(
        bag,
        chance.pick(known),
        Array.from({ length: chance.pick([1, 33, 500]) }, () => 'x'),
      );
  },
  (bag) => {
    const [key = 'x', ...more] = Object.keys(bag);
    if (more.length > 0) setOwn(bag, key.toUpperCase(), bag[key]);
  },
];

/** The same value with one to three things wrong with it. */
export function spoiled(value: unknown, chance: Chance): unknown {
  if (chance.percent(5)) return oddity(chance);
  const copy: unknown = structuredClone(value);
  for (let times = chance.between(1, 3); times > 0; times--) {
    const bags = bagsIn(copy);
    if (bags.length > 0) chance.pick(changes)(chance.pick(bags), chance);
  }
  return copy;
}

const pieces = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\',
  '\\u',
  '\u0000',
  '1e999',
  '-',
  'null',
  '/*',
  '\u2028',
  '...',
  '$',
  '@',
  '#',
];

/** The same text with a piece lost, doubled, or put in between. */
export function garbled(text: string, chance: Chance): string {
  const at = chance.below(text.length + 1);
  switch (chance.below(4)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + chance.pick(pieces) + text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(at + chance.between(1, 8));
    default:
      return text.slice(0, at) + text.slice(Math.max(0, at - 20), at) + text.slice(at);
  }
}

/** The same bytes with some of them another: what comes out is often no UTF-8. */
export function scrambled(bytes: Buffer, chance: Chance): Buffer {
  const copy = Buffer.from(bytes);
  for (let times = chance.between(1, 4); times > 0 && copy.length > 0; times--)
    copy[chance.below(copy.length)] = chance.pick([0, 0x80, 0xc0, 0xff, 0x22, chance.below(256)]);
  return copy;
}
