import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { Instant } from '#domain/kernel/instant.ts';
import '#domain/zod/problems.ts';
import { registry } from '#compose/contexts.ts';
import { MinorUnits, PositiveMinorUnits, Sum } from '#domain/kernel/money.ts';
import { someText } from '#domain/kernel/text.ts';

// What is wrong is said in words of our own, with what would be right: those of the library are for whoever wrote the schema.

const thing = z.strictObject({ name: z.string(), count: z.int() });
const table: readonly (readonly [schema: z.ZodType, input: unknown, says: string])[] = [
  [z.string(), undefined, 'missing: text in quotes is needed'],
  [z.string(), 7, 'a number where text in quotes is needed'],
  [z.string(), null, 'null where text in quotes is needed'],
  [z.int(), '7', 'text where a number is needed'],
  [z.int(), 7.5, 'a number where a whole number is needed'],
  [z.boolean(), 'yes', 'text where true or false is needed'],
  [z.array(z.string()), {}, 'an object where a list is needed'],
  [thing, [], 'a list where an object is needed'],
  [z.record(z.string(), z.string()), true, 'true or false where an object is needed'],
  [z.enum(['in', 'out']), 'up', 'none of those that there are: "in", "out"'],
  [z.enum(['in', 'out']), undefined, 'missing: needed is one of "in", "out"'],
  [z.literal(true), false, 'none of those that there are: true'],
  [z.string().min(1), '', 'too small: at least 1 character'],
  [z.string().max(3), 'four', 'too large: at most 3 characters'],
  [z.array(z.int()).min(2), [1], 'too small: at least 2 items'],
  [z.number().gt(0), 0, 'too small: more than 0'],
  [z.int().max(200), 201, 'too large: at most 200'],
  [z.string().regex(/^[a-z]+$/), 'A', 'not written as it has to be, by the pattern /^[a-z]+$/'],
  [z.string().regex(/^[a-z]+$/, 'small letters'), 'A', 'small letters'],
  [z.uuid(), 'x', /^not written as it has to be/.source],
  [thing, { name: 'a', count: 1, colour: 'red' }, 'there is no field "colour" here'],
  [thing, { name: 'a', count: 1, colour: 'red', size: 1 }, 'there are no fields "colour", "size" here'],
  [z.union([z.string(), z.int()]), true, 'none of the forms that it may have'],
  [z.string().refine(() => false), 'a', 'not as it has to be'],
  [Instant, 'tomorrow', 'a time by ISO 8601 that says its offset'],
  [MinorUnits, '1234567890123456789', 'too large: at most 18 digits'],
  [PositiveMinorUnits, '177.50', 'a number of whole minor units: "17750" for 177.50'],
  [MinorUnits, '0017', 'a number without zeros in front of it'],
  [PositiveMinorUnits, '0', 'more than zero'],
  [MinorUnits, '-5', 'whole minor units as a decimal string'],
  [Sum, '1'.repeat(37), 'too large: at most 36 digits'],
  [someText(10), '  ', 'text that is not blank, without characters that control it or turn its direction'],
];
for (const [schema, input, says] of table)
  test(`${JSON.stringify(input)} is told: ${says}`, () => {
    const { error } = schema.safeDecode(input as never);
    const [issue] = error?.issues ?? [];
    assert.ok(
      issue?.message.startsWith(says) || new RegExp(says).test(issue?.message ?? ''),
      `it says: ${issue?.message}`,
    );
  });

test('of many names a sentence tells some', () => {
  const names = Array.from({ length: 30 }, (_, at) => `name-${at}`);
  const { error } = z.enum(names).safeParse('none');
  assert.match(error?.issues[0]?.message ?? '', /"name-11" and 18 others$/);
});

/** How every sentence of the library begins. */
const RAW = /^(Invalid|Too (small|big)|Unrecognized|Expected|Required)/;
const NONSENSE: readonly unknown[] = [
  undefined,
  null,
  true,
  -1.5,
  '',
  '\0',
  'x'.repeat(30_000),
  [],
  [{}],
  {},
  { x: 1 },
];

test('no command answers in the words of the library, whatever is wrong with whichever field', () => {
  let told = 0;
  for (const { command } of registry.commands.values())
    for (const field of [...Object.keys(command.schema.shape), 'stranger'])
      for (const value of NONSENSE)
        for (const { path, message } of command.schema.safeDecode({ [field]: value } as never).error
          ?.issues ?? []) {
          told += 1;
          assert.doesNotMatch(message, RAW, `${command.type} ${path.join('.')}`);
          assert.ok(message.length > 5, `${command.type} ${path.join('.')}`);
        }
  assert.ok(told > 1_000, `${told}`);
});
