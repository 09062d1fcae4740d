import type { RememberedCommand } from './remembered-commands.ts';

/** Where keys from outside were used, as far as this process has seen it. */
export interface SeenKeys {
  isElsewhere(key: string, stream: string): boolean;
  /** A command under this key is about to be recorded. Where it is not, its repeat still belongs to this stream. */
  use(key: string, stream: string): void;
  /** Keys that a stream remembers, which was read. */
  learn(stream: string, commands: Iterable<RememberedCommand>): void;
}

/**
 * A key is known to the stream that decides it (see RememberedCommands); one that is used for another stream beside it would be
 * decided there like new. Nobody means that, so it is refused wherever this process can see it: in what it has decided since
 * it began and in the streams it has read, the last of them. What another process or an earlier life has recorded in a stream
 * that was not read since is not seen.
 *
 * @param most of which half are there at least: in two generations, because a Map whose oldest is taken away each time walks
 *   over its holes
 */
export function seenKeys(most: number): SeenKeys {
  let young = new Map<string, string>();
  let old = new Map<string, string>();

  function put(key: string, stream: string): void {
    young.set(key, stream);
    if (young.size < most / 2) return;
    old = young;
    young = new Map();
  }

  return {
    isElsewhere(key, stream) {
      const known = young.get(key) ?? old.get(key);
      return known !== undefined && known !== stream;
    },
    use: put,
    learn(stream, commands) {
      for (const { key } of commands) if (!young.has(key) && !old.has(key)) put(key, stream);
    },
  };
}
