import type { z } from 'zod';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { type HandledBy, type Handling, handlersOf, when } from '#domain/kernel/handlers.ts';
import type { DataOf, EventDeclaration, Shape } from '#domain/kernel/message.ts';
import type { Recorded } from '#domain/kernel/reaction.ts';

/** What a view can be searched and sorted by. `integer` compares amounts and numbers as whole numbers. */
export interface Index {
  readonly name: string;
  readonly fields: readonly { readonly path: string; readonly as: 'text' | 'integer' }[];
}

/** A read model with its types forgotten, as the runtime sees it. */
export interface View {
  readonly name: string;
  /** Raised with every change of schema or folds: a new version is filled beside the old one. */
  readonly version: number;
  readonly description: string;
  readonly schema: z.ZodObject;
  readonly indexes: readonly Index[];
  /** Paths whose words can be searched. */
  readonly text: readonly string[];
  readonly events: readonly EventDeclaration[];
  /** Events of one key apply in the order of the history, and a key that fails is parked alone. */
  key(event: RecordedEvent): string;
  /**
   * By fields of its documents, how the keys begin of those that have a value there. A list that is filtered by such a field
   * misses nothing of other keys, whatever is parked.
   */
  readonly keysBy: Readonly<Record<string, (value: string) => string>>;
  /** Whether a key has one document, of its own name. */
  readonly namedByKey: boolean;
  /** The documents of the key that this event changes: usually the one named like the key. */
  documents(event: RecordedEvent): readonly string[];
  /** Pure: the document after the event; undefined removes it. */
  fold(document: object | undefined, event: RecordedEvent, id: string): object | undefined;
}

/** A view with the schema of its documents: what reads it is typed by it. */
export interface ViewOf<S extends Shape> extends View {
  readonly document: z.ZodObject<S>;
}

type Fold = (document: object | undefined, event: RecordedEvent, id: string) => object | undefined;
/** `when(LotWithdrawn, LotReturned, fold)` */
type Folding<Document> = <const Es extends readonly EventDeclaration[]>(
  ...named: readonly [
    ...Es,
    (document: Document | undefined, event: Recorded<Es[number]>, id: string) => Document | undefined,
  ]
) => Handling<Es[number]>;

/**
 * Declares a view, of the events that its folds are of. Each takes the document as it was (undefined: none yet) and the
 * event, and answers the document as it is now; it throws when the event cannot be applied, which parks the key.
 */
export function view<S extends Shape, const Hs extends readonly Handling[]>(declaration: {
  name: string;
  version: number;
  description: string;
  document: z.ZodObject<S>;
  indexes?: readonly Index[];
  text?: readonly string[];
  // Before what is typed by it.
  on: (when: Folding<DataOf<S>>) => Hs;
  key: (event: Recorded<HandledBy<Hs>>) => string;
  keysBy?: View['keysBy'];
  /** Default: the key. */
  documents?: (event: Recorded<HandledBy<Hs>>) => readonly string[];
}): ViewOf<S> {
  const { name, version, description, document, indexes = [], text = [] } = declaration;
  const folds = handlersOf<Fold>(`the view ${name}`, declaration.on(when as Folding<DataOf<S>>));
  const keyOf = declaration.key as (event: RecordedEvent) => string;
  return {
    name,
    version,
    description,
    document,
    schema: document as unknown as z.ZodObject,
    indexes,
    text,
    events: folds.events,
    key: keyOf,
    keysBy: declaration.keysBy ?? {},
    namedByKey: declaration.documents === undefined,
    documents: (declaration.documents as View['documents'] | undefined) ?? ((event) => [keyOf(event)]),
    fold(before, event, id) {
      const fold = folds.of(event.type);
      return fold === undefined ? before : fold(before, event, id);
    },
  };
}
