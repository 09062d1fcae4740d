import { operations, registry } from '#compose/contexts.ts';
import type { Role } from '#domain/kernel/actor.ts';
import { executableSchema, schemaDocument } from '#read-api/schema/document.ts';
import { ask } from '#test/support/customer.ts';
import { startHere } from '#test/support/embedded.ts';
import { everybody, inhabit, type Person, people } from '#test/support/inhabited.ts';

// A platform with people in it, and who may ask there: nobody, and everybody.

export const { url } = await startHere({ CLOCK: 'simulated' });
export const { sessions, payments, places } = await inhabit(url);
export const schema = executableSchema(schemaDocument(registry, operations));

export type Asker = Person | 'nobody';
export const askers: readonly Asker[] = ['nobody', ...everybody];
const rolesOf = (who: Asker): readonly Role[] => (who === 'nobody' ? [] : people[who]);
export const has = (who: Asker, roles: 'member' | readonly Role[]) =>
  roles === 'member' ? who !== 'nobody' : rolesOf(who).some((role) => roles.includes(role));
export const headersOf = (who: Asker): Record<string, string> =>
  who === 'nobody' ? {} : { authorization: sessions[who].authorization };

interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}
export const graphql = async (who: Asker, query: string, headers = headersOf(who)): Promise<Answer> =>
  (await ask(`${url}/graphql`, { query }, headers)).body as Answer;
/** As somebody whose token does not say that they have proven just before who they are. */
export async function notSteppedUp(who: Person): Promise<Record<string, string>> {
  const asked = { sub: who, roles: people[who], steppedUp: false };
  const { body } = await ask(`${url}/dev/tokens`, asked, {});
  return { authorization: `Bearer ${String(body.token)}` };
}

/** One of an enumeration. */
export class Word {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toJSON(): string {
    return this.text;
  }
}
/** As GraphQL writes a value. */
function literal(value: unknown): string {
  if (value instanceof Word) return value.text;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, inside]) => `${name}: ${literal(inside)}`)
    .join(', ')} }`;
}
export const argumentsOf = (data: object): string =>
  Object.keys(data).length === 0
    ? ''
    : `(${Object.entries(data)
        .map(([name, value]) => `${name}: ${literal(value)}`)
        .join(', ')})`;

/** Under which no notice waits. */
export const NO_NOTICE = '00000000-0000-0000-0000-000000000000';
