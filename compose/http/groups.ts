/** Those with a limit in common. Each of them may also be idle; whoever has been for longest stands first. */
export interface Group<Member> {
  readonly most: number;
  /** What one is told who finds no room. */
  readonly status: 429 | 503;
  readonly inside: ReadonlySet<Member>;
  readonly idle: Set<Member>;
  join(member: Member): void;
  /** Safe to repeat. */
  leave(member: Member): void;
}

/** Crowds by name, each of at most so many, and kept for as long as somebody is inside. */
export function groups<Member>(most: number, status: 429 | 503) {
  const byName = new Map<string, Group<Member>>();

  function made(name: string): Group<Member> {
    const inside = new Set<Member>();
    const idle = new Set<Member>();
    const group: Group<Member> = {
      most,
      status,
      inside,
      idle,
      join(member) {
        byName.set(name, group);
        inside.add(member);
      },
      leave(member) {
        idle.delete(member);
        if (inside.delete(member) && inside.size === 0) byName.delete(name);
      },
    };
    return group;
  }

  return { of: (name: string): Group<Member> => byName.get(name) ?? made(name) };
}
