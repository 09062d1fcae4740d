/**
 * The document an event goes on from. There always is one, since streams begin at their beginning; should it be missing,
 * its key is parked rather than invented.
 */
export function known<Document>(
  document: Document | undefined,
  event: { readonly type: string; readonly stream: string; readonly revision: number },
): Document {
  if (document === undefined)
    throw new Error(`${event.type} at ${event.stream}/${event.revision} goes on from nothing`);
  return document;
}
