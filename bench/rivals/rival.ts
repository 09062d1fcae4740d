/** Another event store, reduced to what is compared: one event into one stream, durable when it resolves. */
export interface Rival {
  readonly what: string;
  append(
    stream: string,
    event: { readonly type: string; readonly data: object; readonly metadata: object },
  ): Promise<unknown>;
  close(): Promise<void>;
}
