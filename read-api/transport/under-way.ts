/** The operations of one socket, each until it has ended here: its client may have lost interest long before. */
export interface UnderWay {
  /**
   * Runs an operation, or says why not. An id that its client has given up is free again at once, but what is still done under
   * it would answer under it too: the next one waits for its end.
   */
  begin(id: string, run: () => Promise<void>): 'taken' | 'too many' | Promise<void>;
  /** Its client has lost interest. */
  complete(id: string): void;
}

interface Operation {
  completed: boolean;
  ended: Promise<void>;
}

/** @param most operations at once, with those that wait for another's end */
export function underWay(most: number): UnderWay {
  const latest = new Map<string, Operation>();
  let running = 0;

  async function run(
    operation: Operation,
    former: Operation | undefined,
    start: () => Promise<void>,
  ): Promise<void> {
    // What became of the former is told to whoever began it.
    await former?.ended.catch(() => undefined);
    if (!operation.completed) await start();
  }

  return {
    begin(id, start) {
      const former = latest.get(id);
      if (former?.completed === false) return 'taken';
      if (running >= most) return 'too many';
      running += 1;
      const operation: Operation = { completed: false, ended: Promise.resolve() };
      operation.ended = run(operation, former, start).finally(() => {
        running -= 1;
        if (latest.get(id) === operation) latest.delete(id);
      });
      latest.set(id, operation);
      return operation.ended;
    },
    complete(id) {
      const operation = latest.get(id);
      if (operation !== undefined) operation.completed = true;
    },
  };
}
