import { plant } from '#test/support/plant.ts';

// The checkpoint of a view is committed first, and its documents a moment later.
await plant(
  () => import('#engines/read-store/sqlite/document-writing.ts'),
  'DocumentWriting',
  (DocumentWriting) =>
    class extends DocumentWriting {
      readonly #transaction: (work: () => void) => void;

      constructor(database: ConstructorParameters<typeof DocumentWriting>[0]) {
        super(database);
        this.#transaction = (work) => database.transaction(work);
      }

      override write(...given: Parameters<InstanceType<typeof DocumentWriting>['write']>): void {
        setTimeout(() => this.#transaction(() => super.write(...given)), 60);
      }
    },
);
