import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mistyped, settings } from '#config';

const meant = (name: string, value = 's3cret') => mistyped({ [name]: value });

test('a name that is one slip away from a setting is told with that setting, and never with its value', () => {
  const slips = {
    READ_STORES: 'READ_STORE',
    READ_STOR: 'READ_STORE',
    RAED_STORE: 'READ_STORE',
    READ_STORE_CREDENTIAL_FILE: 'READ_STORE_CREDENTIALS_FILE',
    BUSS: 'BUS',
    BUD: 'BUS',
    PORTS: 'PORT',
    PROT: 'PORT',
    DATADIR: 'DATA_DIR',
    data_dir: 'DATA_DIR',
  };
  for (const [name, setting] of Object.entries(slips))
    assert.deepEqual(meant(name), [`${name} is no setting and changes nothing; there is ${setting}`]);
});

test('a name that begins as ours do is told, and no other', () => {
  for (const name of ['READ_STORE_URL', 'BUS_PASSWORD', 'SERVICE_TOKEN', 'EVENT_STORE_DIR'])
    assert.deepEqual(meant(name), [
      `${name} is no setting and changes nothing; docs/guides/operating.md has those that there are`,
    ]);
  const others = [
    'PATH',
    'HOME',
    'HOSTNAME',
    'USER',
    'SHELL',
    'PWD',
    'TERM',
    'LANG',
    'TMPDIR',
    'NODE_OPTIONS',
  ];
  for (const name of [...others, 'KUBERNETES_SERVICE_HOST', 'SORT', 'GHOST', 'US', 'REPORT', ...settings])
    assert.deepEqual(meant(name), [], name);
  assert.deepEqual(meant('READ_STORES', ''), [], 'what is empty is not set');
});
