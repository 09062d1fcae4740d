import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { ConfigError, readConfig } from '#config';

const production = {
  NODE_ENV: 'production',
  TOKEN_KEY_FILE: '/keys/public.json',
  WEBHOOK_SECRET: 's'.repeat(32),
};
const problemsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

test('nothing needs to be set', () => {
  const config = readConfig({});
  assert.deepEqual(config, readConfig({ PORT: '', NODE_ENV: '', CLOCK: '' }), 'empty is not set');
  assert.equal(config.port, 4000);
  assert.equal(config.host, '127.0.0.1');
  assert.equal(config.dataDir, resolve('data'));
  assert.equal(config.devTokens, true);
  assert.equal(config.clock, 'system');
});

test('what is set is taken', () => {
  const config = readConfig({
    PORT: '0',
    CLOCK: 'simulated',
    DEV_TOKENS: 'no',
  });
  assert.equal(config.port, 0);
  assert.equal(config.clock, 'simulated');
  assert.equal(config.devTokens, false);
});

test('every problem is named at once', () => {
  const problems = problemsOf({
    PORT: '70000',
    CLOCK: 'lunar',
    WEBHOOK_SECRET: 'short',
  });
  assert.deepEqual(
    problems.map((problem) => problem.split(/[.:]/)[0]),
    ['PORT', 'CLOCK', 'WEBHOOK_SECRET'],
  );
});

test('a port is written as a number and nothing else', () => {
  for (const PORT of ['80x', '-1', '1.5', '0x50', '65536', 'http'])
    assert.deepEqual(problemsOf({ PORT }), ['PORT: a whole number from 0 to 65535'], PORT);
});

test('production starts only with its own keys, and never with what makes development easy', () => {
  assert.deepEqual(problemsOf(production), []);
  assert.equal(readConfig(production).devTokens, false);
  assert.equal(problemsOf({ ...production, DEV_TOKENS: 'true' }).length, 1);
  assert.equal(problemsOf({ ...production, CLOCK: 'simulated' }).length, 1);
  assert.equal(problemsOf({ NODE_ENV: 'production' }).length, 2);
});

test('a config cannot be changed behind the back of those who read it', () => {
  assert.ok(Object.isFrozen(readConfig({})));
});

test('where a history may end is a position, and nothing by default', () => {
  assert.equal(readConfig({}).acceptedHistoryEnd, undefined);
  assert.equal(readConfig({ ACCEPT_HISTORY_END: '1042' }).acceptedHistoryEnd, 1_042n);
  for (const ACCEPT_HISTORY_END of ['-1', '1.5', '007', 'yes', '9'.repeat(40)])
    assert.equal(problemsOf({ ACCEPT_HISTORY_END }).length, 1, ACCEPT_HISTORY_END);
});
