import { z } from 'zod';
import type { DataOf, Shape } from '#domain/kernel/message.ts';
import type { Who, Whose } from './authorization/who.ts';
import type { Followed } from './live/live-view.ts';
import type { ResolverContext } from './resolver-context.ts';

/** What every declared operation says, with its types forgotten. */
interface Operation {
  readonly description: string;
  readonly who: Who;
  readonly whose: Whose;
  readonly args: z.ZodObject;
  readonly returns: z.ZodType;
}

export interface QueryDeclaration extends Operation {
  readonly kind: 'query';
  /** It takes no argument but its own. */
  readonly atLeast?: false;
  resolve(args: object, context: ResolverContext): Promise<unknown>;
}

/** A field of a type that is read only when it is asked for. */
export interface FieldDeclaration extends Operation {
  readonly kind: 'field';
  /** The `id` of the type it belongs to. */
  readonly of: string;
  resolve(args: object, context: ResolverContext, parent: object): Promise<unknown>;
}

export interface SubscriptionDeclaration extends Operation {
  readonly kind: 'subscription';
  /** Items in order. It ends with the signal of whoever listens; a `RejectedError` is the last answer. */
  subscribe(
    args: object,
    context: ResolverContext,
  ): AsyncIterableIterator<unknown> | Promise<AsyncIterableIterator<unknown>>;
}

/** A type whose things have an identity: clients may keep them by `id`, and ask for them anew by it. */
export interface NodeDeclaration {
  /** The `id` of the type. */
  readonly type: string;
  /** The query that reads one of them: whoever may not ask it learns nothing by a global id either. */
  readonly read: QueryDeclaration;
  /** The arguments of that query by which a thing is known; each is a field of the type too. */
  readonly key: readonly string[];
  /** The one of `key` that the document calls `id`, if there is one. */
  readonly documentId: string | undefined;
}

/** The operations of one context, by name. */
export interface Operations {
  readonly queries: Readonly<Record<string, QueryDeclaration>>;
  readonly subscriptions: Readonly<Record<string, SubscriptionDeclaration>>;
  /** By the name of the field. */
  readonly fields: Readonly<Record<string, FieldDeclaration>>;
  readonly nodes: readonly NodeDeclaration[];
  /** Views whose documents its subscriptions follow. */
  readonly followed?: readonly Followed[];
}

interface Declared<A extends Shape, R extends z.ZodType> {
  readonly description: string;
  readonly who: Who;
  /** Anybody's, unless it is told. */
  readonly whose?: Whose;
  readonly args: A;
  readonly returns: R;
}

/** Declares a query. It always takes `atLeast` beside its own arguments (see {@link ResolverContext.at}). */
export function query<A extends Shape, R extends z.ZodType>(
  declaration: Declared<A, R> & {
    resolve: (args: DataOf<A>, context: ResolverContext) => Promise<z.output<R>>;
  },
): QueryDeclaration {
  return {
    whose: 'anybody',
    ...declaration,
    kind: 'query',
    args: z.strictObject(declaration.args),
    resolve: declaration.resolve as QueryDeclaration['resolve'],
  };
}

function nameOf(type: z.ZodType): string {
  const name = z.globalRegistry.get(type)?.id;
  if (name === undefined) throw new TypeError('a type that something is declared of has an id');
  return name;
}

/** Declares a field of a type. It reads another view than its parent and so takes `atLeast` for itself. */
export function field<A extends Shape, R extends z.ZodType, P extends z.ZodType>(
  declaration: Declared<A, R> & {
    of: P;
    resolve: (args: DataOf<A>, context: ResolverContext, parent: z.output<P>) => Promise<z.output<R>>;
  },
): FieldDeclaration {
  return {
    whose: 'anybody',
    ...declaration,
    kind: 'field',
    of: nameOf(declaration.of),
    args: z.strictObject(declaration.args),
    resolve: declaration.resolve as FieldDeclaration['resolve'],
  };
}

/** Declares a subscription. */
export function subscription<A extends Shape, R extends z.ZodType>(
  declaration: Declared<A, R> & {
    subscribe: (
      args: DataOf<A>,
      context: ResolverContext,
    ) => AsyncIterableIterator<z.output<R>> | Promise<AsyncIterableIterator<z.output<R>>>;
  },
): SubscriptionDeclaration {
  return {
    whose: 'anybody',
    ...declaration,
    kind: 'subscription',
    args: z.strictObject(declaration.args),
    subscribe: declaration.subscribe as SubscriptionDeclaration['subscribe'],
  };
}

/**
 * Declares that a type has an identity. `id` becomes its global one; the id that its documents are stored under is shown by
 * the name that the query calls it.
 *
 * @param key arguments of `read`. The one that is no field of the document is the document's own `id`; where all of them are,
 *   its `id` is made of them and not shown.
 */
export function node(
  of: z.ZodObject,
  { read, key }: { readonly read: QueryDeclaration; readonly key: readonly string[] },
): NodeDeclaration {
  const type = nameOf(of);
  const [documentId, ...more] = key.filter((name) => !(name in of.shape));
  if (!('id' in of.shape) || more.length > 0 || key.some((name) => !(name in read.args.shape)))
    throw new TypeError(`${type} cannot be read by ${key.join(' and ')}`);
  return { type, read, key, documentId };
}
