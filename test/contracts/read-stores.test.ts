import { after } from 'node:test';
import { openReadStore } from '#compose/stores.ts';
import { removeFolders, temporaryFolder } from '#test/support/lots-read.ts';
import { consumerStoreContract } from './read-store/consumer-store.suite.ts';
import { documentStoreContract } from './read-store/document-store.suite.ts';
import type { ReadStoreEngine } from './read-store/engine.ts';
import { readStoreContract } from './read-store/read-store.suite.ts';
import { settingStoreContract } from './read-store/setting-store.suite.ts';
import { snapshotStoreContract } from './read-store/snapshot-store.suite.ts';
import { sharedViewsContract } from './shared-views.suite.ts';
import { sharingContract } from './sharing.suite.ts';

/** Another profile is one more line. */
const engines: readonly ReadStoreEngine[] = [
  { engine: 'memory', open: () => openReadStore({ profile: 'memory' }) },
  { engine: 'sqlite', open: () => openReadStore({ profile: 'embedded', folder: temporaryFolder() }) },
];

for (const engine of engines) {
  documentStoreContract(engine);
  consumerStoreContract(engine);
  settingStoreContract(engine);
  snapshotStoreContract(engine);
  readStoreContract(engine);
  sharingContract(engine);
  sharedViewsContract(engine);
}
after(removeFolders);
