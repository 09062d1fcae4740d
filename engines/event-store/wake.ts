/** Wakes everybody who waits for something to have happened; nobody who asks for what already happened waits. */
export interface Wake {
  /** How often it has happened. */
  count(): number;
  signal(): void;
  /** Resolves once it has happened more often than `seen`, or when the signal aborts. */
  after(seen: number, signal: AbortSignal): Promise<void>;
}

export function signalled(): Wake {
  let happened = 0;
  const waiting = new Set<() => void>();
  return {
    count: () => happened,
    signal() {
      happened += 1;
      const woken = [...waiting];
      waiting.clear();
      for (const wake of woken) wake();
    },
    after(seen, signal) {
      if (happened > seen || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = (): void => {
          waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        waiting.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    },
  };
}
