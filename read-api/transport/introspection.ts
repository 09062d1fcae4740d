import { type DocumentNode, type GraphQLSchema, NoSchemaIntrospectionCustomRule, validate } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { RejectedError, Unauthenticated } from '#domain/kernel/rejections.ts';
import type { Asked } from '../schema/document.ts';
import type { Mask } from './errors.ts';

const asksForSchema = (schema: GraphQLSchema, document: DocumentNode): boolean =>
  validate(schema, document, [NoSchemaIntrospectionCustomRule]).length > 0;

/**
 * Tells the schema to those with a token only, over every transport. What a stranger gets wrong is answered without
 * suggestions, which would tell it name by name.
 */
export function introspectionByToken(mask: Mask): Plugin<Asked> {
  return {
    onValidate({ validateFn, setValidationFn }) {
      setValidationFn((schema, document, rules) =>
        validateFn(schema, document, rules, { hideSuggestions: true }),
      );
    },
    onExecute({ args, setResultAndStopExecution }) {
      // Known to the executor, and not yet to the types of those in between.
      Object.assign(args, { hideSuggestions: true });
      if (args.contextValue.viewer.actor !== undefined || !asksForSchema(args.schema, args.document)) return;
      setResultAndStopExecution({ errors: [mask(new RejectedError(Unauthenticated({})))] });
    },
  };
}
