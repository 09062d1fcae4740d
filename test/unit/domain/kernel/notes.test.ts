import assert from 'node:assert/strict';
import { it } from 'node:test';
import { notes } from '#domain/kernel/notes.ts';

it('a note stands on its object, and whoever looks at the object does not meet it', () => {
  const known = notes<string>('known');
  const other = notes<string>('other');
  const event = { type: 'BidPlaced' };
  known.put(event, 'read');
  assert.equal(known.of(event), 'read');
  assert.equal(other.of(event), undefined);
  assert.equal(known.of({ ...event }), undefined);
  assert.deepEqual(event, { type: 'BidPlaced' });
  assert.equal(JSON.stringify(event), '{"type":"BidPlaced"}');
  assert.deepEqual(Object.keys(event), ['type']);
});

it('an object that is frozen can have one, too', () => {
  const known = notes<string>('known');
  const event = Object.freeze({ type: 'BidPlaced' });
  known.put(event, 'read');
  assert.equal(known.of(event), 'read');
});
