import { Lexer, type Source, syntaxError, TokenKind } from 'graphql';

const OPENING: readonly string[] = [TokenKind.BRACE_L, TokenKind.PAREN_L, TokenKind.BRACKET_L];
const CLOSING: readonly string[] = [TokenKind.BRACE_R, TokenKind.PAREN_R, TokenKind.BRACKET_R];

/**
 * Refuses a document whose brackets stand in each other too deep, before it is parsed: the parser calls itself for each level,
 * as do the rules behind it, and how many levels its stack holds depends on how warm the process is.
 *
 * @param mostTokens that are looked at; a document that has more is refused by the parser
 * @throws GraphQLError
 */
export function demandShallow(source: Source, mostLevels: number, mostTokens: number): void {
  // Few brackets cannot stand in each other deeply, and most documents have few.
  if ((source.body.match(/[{([]/g)?.length ?? 0) <= mostLevels) return;
  const lexer = new Lexer(source);
  let levels = 0;
  for (let seen = 0; seen < mostTokens; seen++) {
    const { kind, start } = lexer.advance();
    if (kind === TokenKind.EOF) return;
    if (OPENING.includes(kind)) levels += 1;
    if (CLOSING.includes(kind)) levels -= 1;
    if (levels > mostLevels) throw syntaxError(source, start, `More than ${mostLevels} levels of brackets.`);
  }
}
