import type {
  FoundSignInRow,
  SignInRow,
  SignInStep,
  SignInStore,
  SignInsOf,
} from '#domain/kernel/ports/sign-in-store.ts';
import { alwaysUp } from '../standing.ts';
import { isSpent, type KeptRow, type SignInLimits, signInLimits } from './rows.ts';

/** What outlives a owner in a test: rows by kind and id. */
export type MemoryRows = Map<string, KeptRow>;

const keyOf = (kind: string, id: string): string => `${kind} ${id}`;

function workingOn(rows: MemoryRows, owner: string, limits: SignInLimits) {
  const get = (kind: string, id: string | undefined): KeptRow | undefined =>
    id === undefined ? undefined : rows.get(keyOf(kind, id));
  const successorOf = ({ kind, spent }: KeptRow): KeptRow | undefined => get(kind, spent?.successor);

  function found(row: KeptRow | undefined, nowMs: number): FoundSignInRow | undefined {
    if (row === undefined) return undefined;
    const { spent: _, ...told } = row;
    return { ...told, isSpent: isSpent(row, successorOf(row), { owner, nowMs }) };
  }

  function forget(isOver: (row: KeptRow) => boolean): void {
    for (const [key, row] of rows) if (isOver(row)) rows.delete(key);
  }

  function makeRoom(kind: string): void {
    const ofKind = [...rows.values()].filter((row) => row.kind === kind);
    if (ofKind.length < limits.rows) return;
    const ending = ofKind.toSorted((one, other) => one.endsAtMs - other.endsAtMs);
    for (const { id } of ending.slice(0, limits.forgotten)) rows.delete(keyOf(kind, id));
  }

  function put(row: SignInRow): void {
    const before = get(row.kind, row.id);
    if (before === undefined) makeRoom(row.kind);
    rows.set(keyOf(row.kind, row.id), { ...row, spent: before?.spent });
  }

  function spend({ kind, id }: { kind: string; id: string }, successor: string | undefined, nowMs: number) {
    const row = get(kind, id);
    if (row === undefined) return false;
    const next = successorOf(row);
    if (isSpent(row, next, { owner, nowMs })) {
      if (row.grant !== undefined) forget(({ grant }) => grant === row.grant);
      return false;
    }
    if (next !== undefined) rows.delete(keyOf(kind, next.id));
    const isRepeated = row.spent !== undefined;
    rows.set(keyOf(kind, id), {
      ...row,
      spent: { atMs: nowMs, by: owner, successor, isAnswered: false, isRepeated },
    });
    return true;
  }

  return { get, found, forget, put, spend };
}

/** @param owner names whoever opens it, and nobody who ever did */
export function memorySignIns(
  owner: string,
  rows: MemoryRows = new Map(),
  limits: SignInLimits = signInLimits,
): SignInStore {
  const { get, found, forget, put, spend } = workingOn(rows, owner, limits);
  return {
    find: async (kind, id, nowMs) => found(get(kind, id), nowMs),
    findByAlias: async (kind, alias, nowMs) =>
      found(
        [...rows.values()].find((row) => row.kind === kind && row.alias === alias),
        nowMs,
      ),
    async take({ spend: spending, put: fresh }: SignInStep, nowMs) {
      const successor = fresh.find(({ kind }) => kind === spending?.kind)?.id;
      if (spending !== undefined && !spend(spending, successor, nowMs)) return 'spent';
      for (const row of fresh) put(row);
      return 'taken';
    },
    async answered({ kind, id }) {
      const row = get(kind, id);
      if (row?.spent !== undefined)
        rows.set(keyOf(kind, id), { ...row, spent: { ...row.spent, isAnswered: true } });
    },
    async destroy(kind, id) {
      rows.delete(keyOf(kind, id));
    },
    async destroyAll(of: SignInsOf) {
      if ('grant' in of) forget(({ grant }) => grant === of.grant);
      else if ('session' in of) forget(({ session }) => session === of.session);
      else forget(({ kind, person }) => kind === of.kind && person === of.person);
    },
    async sweep(nowMs) {
      const before = rows.size;
      forget(({ endsAtMs }) => endsAtMs <= nowMs);
      return before - rows.size;
    },
    standing: alwaysUp('memory:'),
    close: async () => undefined,
  };
}
