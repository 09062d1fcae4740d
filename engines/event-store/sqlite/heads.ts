/** Where a stream ends: its interned id and the revision of its last event, -1 while it has none. */
export interface Head {
  readonly id: number;
  readonly revision: number;
}

/**
 * The ends of the streams written last, at most `limit` of them. What falls out is read again from the table, so the
 * limit costs time and never correctness.
 */
export function headCache(limit: number) {
  const heads = new Map<string, Head>();
  return {
    get(stream: string): Head | undefined {
      const head = heads.get(stream);
      if (head !== undefined) {
        heads.delete(stream);
        heads.set(stream, head);
      }
      return head;
    },
    set(stream: string, head: Head): void {
      heads.delete(stream);
      heads.set(stream, head);
      if (heads.size <= limit) return;
      const oldest = heads.keys().next();
      if (!oldest.done) heads.delete(oldest.value);
    },
    clear: (): void => heads.clear(),
    size: (): number => heads.size,
  };
}
