import type { GraphQLError } from 'graphql';

/** The executor prints the value, where in it the fault is, and behind that what its cause says. */
const VARIABLE = /^Variable "\$(\w+)" got invalid value /;
const AT = / at "(\w+(?:\[\d+\]|\.\w+)+)"$/;
/** A key in a variable that is no name of GraphQL's is a text of the client's. */
const KEY = /^Field "(?!\w{1,64}" is not defined by type)[\s\S]*" is not defined by type "/;

const reasonWithout = (message: string): string =>
  message
    // `Int cannot represent non-integer value: "…"`
    .replace(/(cannot represent [a-z0-9 -]+): [\s\S]*$/i, '$1.')
    // `Expected value of type "Page" to be an object, found: "…".`
    .replace(/[,;] found:? [\s\S]*$/, '.')
    .replace(/^(Argument "\w+"[^:]* has invalid value)[\s\S]*$/, '$1.')
    .replace(/Value "[\s\S]*" does not exist in "/, 'The value does not exist in "')
    .replace(KEY, 'A field is not defined by type "');

const syntaxWithout = (message: string): string =>
  message
    // `Expected Name, found String "…".`
    .replace(/\b(Name|Int|Float|String|BlockString|Comment) "[\s\S]*"/, '$1')
    .replace(/((?:Invalid|Unexpected) [a-z, ]+): [\s\S]*$/i, '$1.');

/**
 * What GraphQL says of a request, without the values that came with it: an answer is written down in places that nobody sealed
 * for what people send. It tells where a value stands and what should have stood there, as commands by REST do.
 */
export function withoutValues({ message, originalError }: GraphQLError): string {
  if (message.startsWith('Syntax Error: ')) return syntaxWithout(message);
  const [, variable] = VARIABLE.exec(message) ?? [];
  if (variable === undefined) return reasonWithout(message);
  const reason = originalError?.message;
  const [, at] = AT.exec(message.slice(0, reason === undefined ? 0 : -`; ${reason}`.length)) ?? [];
  const where = at === undefined ? '' : ` at "${at}"`;
  return `Variable "$${variable}" got an invalid value${where}${reason === undefined ? '.' : `: ${reasonWithout(reason)}`}`;
}
