/** Every kind of fault that a story can ask for or that lies in the order of things; each is counted when it is met. */
export const faultKinds = [
  /** A process dies at once; its disks stay. */
  'kill',
  /** The machine loses power: the newest commits of the views go with it. */
  'power cut',
  /** A process dies while a commit is under way. */
  'death in a commit',
  'views lost',
  'commit fails, durable',
  'commit fails, lost',
  'rows refused',
  'server dies',
  'answer to a client lost',
  'answer of the store lost',
  'answer of the provider lost',
  'notice lost',
  'answer to a notice lost',
  'notice twice',
  'read fails',
  'views fail',
  'answer of the views lost',
  'feed dropped',
  'process frozen',
  /** Nobody runs while the business's time goes on. */
  'outage',
  /** The clock of a process is ahead of the others, or that of its timers is ahead of or behind the one it decides by. */
  'clocks apart',
  /** What a wallet is to record takes longer than anybody waits for it. */
  'wallet late',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Faults that wait for the next occasion, and how often each kind was met. */
export class Faults {
  readonly #armed = new Map<string, number>();
  readonly #met = new Map<FaultKind, number>();
  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** The next so many occasions fail; `where` names a process, '' anywhere. */
  arm(kind: FaultKind, times = 1, where = ''): void {
    const name = `${kind} ${where}`;
    this.#armed.set(name, (this.#armed.get(name) ?? 0) + times);
  }

  /** Whether this occasion fails. */
  strikes(kind: FaultKind, where = ''): boolean {
    if (!this.#strikes(`${kind} ${where}`)) return false;
    this.meet(kind, where);
    return true;
  }

  meet(kind: FaultKind, where = ''): void {
    this.#met.set(kind, (this.#met.get(kind) ?? 0) + 1);
    this.#say(`fault: ${kind} ${where}`);
  }

  /** From now on everything goes well. */
  calm(): void {
    this.#armed.clear();
  }

  met(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#met);
  }

  #strikes(name: string): boolean {
    const left = this.#armed.get(name) ?? 0;
    if (left === 0) return false;
    this.#armed.set(name, left - 1);
    return true;
  }
}
