import { NoSchemaIntrospectionCustomRule } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/**
 * Tells the schema to nobody, over every transport; and what somebody gets wrong is answered without suggestions, which would tell it
 * name by name.
 */
export function withoutIntrospection(): Plugin {
  // Known to the executor, and not yet to the types of those in between.
  const hide = ({ args }: { readonly args: object }): void => {
    Object.assign(args, { hideSuggestions: true });
  };
  return {
    onValidate({ addValidationRule, validateFn, setValidationFn }) {
      addValidationRule(NoSchemaIntrospectionCustomRule);
      setValidationFn((schema, document, rules) =>
        validateFn(schema, document, rules, { hideSuggestions: true }),
      );
    },
    onExecute: hide,
    onSubscribe: hide,
  };
}
