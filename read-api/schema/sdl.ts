/** What a schema says that GraphQL has no words for; thrown at boot, never at a caller. */
export class UnsayableError extends TypeError {
  constructor(where: string, problem: string) {
    super(`GraphQL cannot say ${where}: ${problem}`);
    this.name = 'UnsayableError';
  }
}

const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;
export const isName = (text: unknown): text is string => typeof text === 'string' && NAME.test(text);

export const pascal = (name: string): string =>
  name.replace(/(?:^|[_.-])([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());
export const camel = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** A description as SDL has it, indented. */
export function described(text: string | undefined, indent = ''): string {
  if (text === undefined || text === '') return '';
  return `${indent}"""${text.replaceAll('"""', '\\"""')}"""\n`;
}
