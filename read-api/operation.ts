import { z } from 'zod';
import type { DataOf, Shape } from '#domain/kernel/message.ts';
import type { Who } from './authorization/who.ts';
import type { Reading } from './house.ts';

/** What every declared operation says, with its types forgotten. */
interface Operation {
  readonly description: string;
  readonly who: Who;
  readonly args: z.ZodObject;
  readonly returns: z.ZodType;
}

export interface QueryDeclaration extends Operation {
  readonly kind: 'query';
  resolve(args: object, reading: Reading): Promise<unknown>;
}

/** A field of a type that is read only when it is asked for. */
export interface FieldDeclaration extends Operation {
  readonly kind: 'field';
  /** The `id` of the type it belongs to. */
  readonly of: string;
  resolve(args: object, reading: Reading, parent: object): Promise<unknown>;
}

export interface SubscriptionDeclaration extends Operation {
  readonly kind: 'subscription';
  /** Items in order. It ends with the signal of whoever listens; a `Rejected` is the last answer. */
  subscribe(
    args: object,
    reading: Reading,
  ): AsyncIterableIterator<unknown> | Promise<AsyncIterableIterator<unknown>>;
}

/** The operations of one context, by name. */
export interface Operations {
  readonly queries: Readonly<Record<string, QueryDeclaration>>;
  readonly subscriptions: Readonly<Record<string, SubscriptionDeclaration>>;
  /** By the name of the field. */
  readonly fields: Readonly<Record<string, FieldDeclaration>>;
}

interface Declared<A extends Shape, R extends z.ZodType> {
  readonly description: string;
  readonly who: Who;
  readonly args: A;
  readonly returns: R;
}

/** Declares a query. It always takes `atLeast` beside its own arguments (see {@link Reading.at}). */
export function query<A extends Shape, R extends z.ZodType>(
  declaration: Declared<A, R> & {
    resolve: (args: DataOf<A>, reading: Reading) => Promise<z.output<R>>;
  },
): QueryDeclaration {
  return {
    ...declaration,
    kind: 'query',
    args: z.strictObject(declaration.args),
    resolve: declaration.resolve as QueryDeclaration['resolve'],
  };
}

/** Declares a field of a type. It reads another view than its parent and so takes `atLeast` for itself. */
export function field<A extends Shape, R extends z.ZodType, P extends z.ZodType>(
  declaration: Declared<A, R> & {
    of: P;
    resolve: (args: DataOf<A>, reading: Reading, parent: z.output<P>) => Promise<z.output<R>>;
  },
): FieldDeclaration {
  const of = z.globalRegistry.get(declaration.of)?.id;
  if (of === undefined) throw new TypeError('a field belongs to a type that has an id');
  return {
    ...declaration,
    kind: 'field',
    of,
    args: z.strictObject(declaration.args),
    resolve: declaration.resolve as FieldDeclaration['resolve'],
  };
}

/** Declares a subscription. */
export function subscription<A extends Shape, R extends z.ZodType>(
  declaration: Declared<A, R> & {
    subscribe: (
      args: DataOf<A>,
      reading: Reading,
    ) => AsyncIterableIterator<z.output<R>> | Promise<AsyncIterableIterator<z.output<R>>>;
  },
): SubscriptionDeclaration {
  return {
    ...declaration,
    kind: 'subscription',
    args: z.strictObject(declaration.args),
    subscribe: declaration.subscribe as SubscriptionDeclaration['subscribe'],
  };
}
