/** What waits for its time, the earliest first; what is due at the same time in the order of asking. */
export interface DueTimes<T> {
  put(dueMs: number, value: T): void;
  /** When the first is due; undefined without one. */
  next(): number | undefined;
  /** The first of them, which stays. */
  first(): T | undefined;
  take(): T | undefined;
}

interface Entry<T> {
  readonly dueMs: number;
  readonly asked: number;
  readonly value: T;
}

const before = <T>(a: Entry<T>, b: Entry<T>): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.asked < b.asked);

/** A binary heap: thousands of timers wait in one run. */
export function dueTimes<T>(): DueTimes<T> {
  const heap: Entry<T>[] = [];
  let asked = 0;

  function swap(a: number, b: number): void {
    const [one, other] = [heap[a], heap[b]];
    if (one === undefined || other === undefined) return;
    heap[a] = other;
    heap[b] = one;
  }

  const isBefore = (a: number, b: number): boolean => {
    const [one, other] = [heap[a], heap[b]];
    return one !== undefined && (other === undefined || before(one, other));
  };

  function sink(): void {
    for (let at = 0; ; ) {
      let least = at;
      if (isBefore(2 * at + 1, least)) least = 2 * at + 1;
      if (isBefore(2 * at + 2, least)) least = 2 * at + 2;
      if (least === at) return;
      swap(at, least);
      at = least;
    }
  }

  return {
    put(dueMs, value) {
      asked += 1;
      heap.push({ dueMs, asked, value });
      for (let at = heap.length - 1; at > 0; ) {
        const parent = (at - 1) >>> 1;
        if (!isBefore(at, parent)) break;
        swap(at, parent);
        at = parent;
      }
    },
    next: () => heap[0]?.dueMs,
    first: () => heap[0]?.value,
    take() {
      const [first] = heap;
      const last = heap.pop();
      if (first !== undefined && last !== undefined && heap.length > 0) {
        heap[0] = last;
        sink();
      }
      return first?.value;
    },
  };
}
