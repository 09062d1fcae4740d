const SQLITE_CONSTRAINT = 19;

/** What the engine throws when rows are at fault and the database is sound. */
export const sqliteRefusal = (): Error =>
  Object.assign(new Error('constraint failed'), { errcode: SQLITE_CONSTRAINT });
