// What is taken of `cookie`, which brings no types in the version that Express shares with us.

declare module 'cookie' {
  export function parse(header: string): Record<string, string | undefined>;
}
