import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT, exitCodeOf } from '#compose/exit.ts';
import { ConfigError, UnusableError } from '#config';
import { StoreError, type StoreErrorCode } from '#domain/kernel/ports/event-store.ts';
import { DamagedFileError } from '#engines/damaged-file.ts';

const system = (code: string) => Object.assign(new Error(code), { code, syscall: 'open' });
const store = (code: StoreErrorCode) => new StoreError(code, code);

test('the code of a failed start tells a supervisor who has to do something', () => {
  const codes: readonly (readonly [error: unknown, code: number])[] = [
    [new ConfigError(['PORT: no']), EXIT.unusable],
    [new UnusableError('DATA_DIR', 'no'), EXIT.unusable],
    [new DamagedFileError('/data/provider.db', 'is damaged', 'Bring it back.'), EXIT.damaged],
    [store('unreadable'), EXIT.damaged],
    [store('unavailable'), EXIT.unavailable],
    [store('second_writer'), EXIT.unavailable],
    [system('ENOSPC'), EXIT.unavailable],
    [system('EIO'), EXIT.unavailable],
    [system('ENOENT'), EXIT.software],
    [new TypeError('a mistake of ours'), EXIT.software],
    ['thrown as a text', EXIT.software],
  ];
  for (const [error, code] of codes) assert.equal(exitCodeOf(error), code, String(error));
});
