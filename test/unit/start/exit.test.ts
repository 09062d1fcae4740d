import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, UnusableError } from '#config';
import { BidFileError } from '#demo/csv.ts';
import { NobodyThereError } from '#demo/platform.ts';
import { BusError } from '#domain/kernel/ports/bus.ts';
import { StoreError, type StoreErrorCode } from '#domain/kernel/ports/event-store.ts';
import { ReadStoreError } from '#domain/kernel/ports/read-store.ts';
import { DamagedFileError } from '#engines/damaged-file.ts';
import { EXIT, exitCodeOf } from '#exit';

const system = (code: string) => Object.assign(new Error(code), { code, syscall: 'open' });
const store = (code: StoreErrorCode) => new StoreError(code, code);

test('the code of a failed start tells a supervisor who has to do something', () => {
  const ofStores = {
    unreadable: EXIT.damaged,
    unavailable: EXIT.unavailable,
    overloaded: EXIT.unavailable,
    unknown_outcome: EXIT.unavailable,
    invalid_event: EXIT.unavailable,
    second_writer: EXIT.unavailable,
    closed: EXIT.unavailable,
  } satisfies Record<StoreErrorCode, number>;
  for (const [code, exit] of Object.entries(ofStores))
    assert.equal(exitCodeOf(store(code as StoreErrorCode)), exit, code);
  const codes: readonly (readonly [error: unknown, code: number])[] = [
    [new ConfigError(['PORT: no']), EXIT.unusable],
    [new UnusableError('DATA_DIR', 'no'), EXIT.unusable],
    [new DamagedFileError('/data/provider.db', 'is damaged', 'Bring it back.'), EXIT.damaged],
    [new BidFileError('no such file', 'misused'), EXIT.misused],
    [new BidFileError('no table', 'damaged'), EXIT.damaged],
    [new NobodyThereError('nobody'), EXIT.unavailable],
    [new ReadStoreError('no answer'), EXIT.unavailable],
    [new BusError('unavailable', 'no answer'), EXIT.unavailable],
    [system('ENOSPC'), EXIT.unavailable],
    [system('EIO'), EXIT.unavailable],
    [system('ENOENT'), EXIT.software],
    [system('constructor'), EXIT.software],
    [new TypeError('a mistake of ours'), EXIT.software],
    ['thrown as a text', EXIT.software],
  ];
  assert.equal(exitCodeOf(new TypeError('a mistake of ours'), 1), 1);
  for (const [error, code] of codes) assert.equal(exitCodeOf(error), code, String(error));
});
