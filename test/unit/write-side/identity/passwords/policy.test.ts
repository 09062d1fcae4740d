import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blocklistFile, blocklistIn } from '#write-side/identity/passwords/blocklist.ts';
import { passwordProblem } from '#write-side/identity/passwords/policy.ts';

const blocklist = blocklistIn(blocklistFile(['iloveyouforever', 'sunshine99']));
const problemOf = (password: string, withSecondFactor = false, about: readonly string[] = []) =>
  passwordProblem({ password, withSecondFactor, about }, blocklist);

const fit = [
  'correct horse battery staple',
  'mon chat dort sous la table',
  'тридцать три коровы и козёл',
  '私の猫は机の下で静かに眠っています',
  'Xk8$vQ2!mZ9@pL4',
  '😀🍎🚀🐈🌧️⛵🎺🧀🏔️🎈🦉🪴🔭🥁',
];
for (const password of fit) test(`fit: ${password}`, () => assert.equal(problemOf(password), undefined));

const unfit: readonly (readonly [password: string, problem: string])[] = [
  ['fourteen chars', 'too_short'],
  ['', 'too_short'],
  ['x'.repeat(300), 'too_long'],
  ['iloveyouforever', 'common'],
  ['ILoveYouForever', 'common'],
  ['aaaaaaaaaaaaaaaa', 'repeated'],
  ['abcabcabcabcabcabc', 'repeated'],
  ['sam1sam1sam1sam1', 'repeated'],
  ['123456789012345', 'run'],
  ['abcdefghijklmnop', 'run'],
  ['zyxwvutsrqponmlkj', 'run'],
  ['qwertyuiopasdfgh', 'run'],
  ['QWERTZUIOPasdfgh', 'run'],
  ['йцукенгшщзхъфывап', 'run'],
  ['aaaaaaaabbbbbbbb', 'run'],
  ['абвгдежзийклмноп', 'run'],
];
for (const [password, problem] of unfit)
  test(`${problem}: ${password.slice(0, 20)}`, () => assert.equal(problemOf(password)?.problem, problem));

test('fifteen alone, eight with a second factor', () => {
  assert.deepEqual(problemOf('xk8 vq2 mz9 pl'), { problem: 'too_short', least: 15 });
  assert.equal(problemOf('xk8 vq2 mz9 pl4'), undefined);
  assert.deepEqual(problemOf('xk8 vq2', true), { problem: 'too_short', least: 8 });
  assert.equal(problemOf('xk8 vq2 ', true), undefined);
  assert.equal(problemOf('sunshine99', true)?.problem, 'common');
});

test('what others know of the person is no secret', () => {
  const about = ['anna.lindqvist@example.org', 'Anna Lindqvist', 'Jo'];
  assert.equal(problemOf('my name is Lindqvist ok', false, about)?.problem, 'personal');
  assert.equal(problemOf('ANNA goes to the market', false, about)?.problem, 'personal');
  assert.equal(problemOf('Ａｎｎａ goes to the market', false, about)?.problem, 'personal', 'full width');
  assert.equal(problemOf('for example a good one', false, about)?.problem, 'personal');
  assert.equal(
    problemOf('jolly good weather today', false, about),
    undefined,
    'two letters stand in many words',
  );
  assert.equal(problemOf('correct horse battery staple', false, ['', '-', 'a'.repeat(10_000)]), undefined);
});
