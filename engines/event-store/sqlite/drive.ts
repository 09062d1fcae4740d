import { unreachable } from '#domain/kernel/unreachable.ts';
import { isRefusal } from '../../database-file.ts';
import type { WriterTables } from './tables.ts';
import type { Action, Answer, Writer } from './writer.ts';

function write(writer: Writer, tables: WriterTables, action: Extract<Action, { do: 'write' }>): void {
  try {
    tables.write(action);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    writer.refused();
    return;
  }
  writer.wrote();
}

/** Does one action and reports its outcome. Throws what leaves the database in doubt: then the writer has to be told. */
export function act(
  writer: Writer,
  tables: WriterTables,
  action: Action,
  answer: (answers: readonly Answer[]) => void,
): void {
  switch (action.do) {
    case 'begin':
      tables.begin();
      writer.begun();
      break;
    case 'look':
      writer.looked(tables.look(action));
      break;
    case 'compare':
      writer.compared(tables.compare(action));
      break;
    case 'write':
      write(writer, tables, action);
      break;
    case 'commit':
      tables.commit();
      writer.committed();
      break;
    case 'rollback':
      tables.rollback();
      writer.rolledBack();
      break;
    case 'answer':
      answer(action.answers);
      writer.answered();
      break;
    case 'wait':
      break;
    default:
      unreachable(action);
  }
}

/**
 * Does what the writer asks for until it has nothing left.
 *
 * @param arriving submits what has arrived meanwhile and says whether anything had; asked before a group is closed, so
 * that one commit carries as many appends as there are
 * @param broken told once of an error that leaves the database in doubt, before the answers that follow from it
 */
export function drive(
  writer: Writer,
  tables: WriterTables,
  hooks: {
    arriving(): boolean;
    answer(answers: readonly Answer[]): void;
    broken(error: unknown): void;
  },
): void {
  for (;;) {
    const action = writer.next();
    if ((action.do === 'commit' || action.do === 'wait') && hooks.arriving()) continue;
    if (action.do === 'wait') return;
    try {
      act(writer, tables, action, hooks.answer);
    } catch (error) {
      hooks.broken(error);
      writer.broke();
    }
  }
}
