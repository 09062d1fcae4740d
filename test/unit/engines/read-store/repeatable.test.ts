import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  MongoBulkWriteError,
  MongoInvalidArgumentError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb';
import { mayPass } from '#engines/read-store/mongodb/repeatable.ts';

test('a write is done again where its outcome is unknown, with the driver’s label or without', () => {
  const unselected = new MongoServerSelectionError('no primary', {} as never);
  for (const code of [11_600, 91, 8_000])
    assert.equal(mayPass(Object.assign(unselected, { code })), true, `nobody was found, ${code}`);
  const ofBulk = { message: 'shutting down', code: 91, writeErrors: [] };
  assert.equal(mayPass(new MongoBulkWriteError(ofBulk, {} as never)), true, 'a bulk’s write concern');
  assert.equal(mayPass(new MongoServerError({ message: 'not primary', code: 10_107 })), true);
  const labelled = { message: 'of tomorrow', code: 99_999, errorLabels: ['RetryableWriteError'] };
  assert.equal(mayPass(new MongoServerError(labelled)), true);
});

test('a write is not done again where the server or the driver refuses what was asked', () => {
  assert.equal(mayPass(new MongoServerError({ message: 'not authorized', code: 13 })), false);
  assert.equal(
    mayPass(new MongoBulkWriteError({ message: 'bad', code: 2, writeErrors: [] }, {} as never)),
    false,
  );
  assert.equal(mayPass(new MongoInvalidArgumentError('not an update')), false);
  assert.equal(mayPass(new TypeError('ours')), false);
});
