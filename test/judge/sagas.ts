import { type Complain, type Json, list, momentOf, object, type RawEvent, type Rules, text } from './raw.ts';

interface Instance {
  /** Commands that have no answer yet. */
  readonly pending: Set<string>;
  readonly sent: Set<string>;
  /** Timers that have not fired, by name. */
  readonly timers: Map<string, string>;
  /** The events it has taken. */
  readonly taken: Set<string>;
  done: boolean;
}

/** Each step answers to something that is there, once; what was sent is answered; what was to be waited for has come. */
export function sagas(): Rules {
  const instances = new Map<string, Instance>();
  /** What stands where, as far as steps may refer to it. */
  const ids = new Map<string, string>();
  let now = '';

  function input(instance: Instance, step: RawEvent, complain: Complain): void {
    const { kind, event, commandId, name, at } = object(step.data.input);
    if (kind === 'answer') {
      if (!instance.pending.delete(text(commandId))) complain(`${commandId} was not waited for`);
      return;
    }
    if (instance.done) complain('the saga was over');
    if (kind === 'timer') {
      if (instance.timers.get(text(name)) !== at) complain(`the timer ${name} was not set for ${at}`);
      // By the clock that it rings by.
      if (text(at) > momentOf(step)) complain(`the timer ${name} came early`);
      instance.timers.delete(text(name));
      return;
    }
    const { eventId, stream, revision } = object(event);
    if (ids.get(`${stream}/${revision}`) !== eventId) complain('it answers to an event that is not there');
    if (instance.taken.has(text(eventId))) complain(`${stream}/${revision} was taken before`);
    instance.taken.add(text(eventId));
  }

  function output(instance: Instance, data: Json, complain: Complain): void {
    for (const { commandId } of list(data.sends)) {
      if (instance.sent.has(text(commandId))) complain(`${commandId} was sent before`);
      instance.sent.add(text(commandId));
      instance.pending.add(text(commandId));
    }
    for (const name of Array.isArray(data.cancels) ? data.cancels : []) instance.timers.delete(text(name));
    for (const { name, at } of list(data.timers)) instance.timers.set(text(name), text(at));
    if (data.done !== true) return;
    instance.done = true;
    instance.timers.clear();
  }

  return {
    see(event, complain) {
      const { stream, revision, eventId, data, recordedAt } = event;
      now = recordedAt;
      ids.set(`${stream}/${revision}`, eventId);
      if (!stream.startsWith('saga-')) return;
      const instance = instances.get(stream) ?? {
        ...{
          pending: new Set<string>(),
          sent: new Set<string>(),
          timers: new Map(),
          taken: new Set<string>(),
        },
        done: false,
      };
      instances.set(stream, instance);
      input(instance, event, complain);
      output(instance, data, complain);
    },
    atRest(complain) {
      for (const [stream, { pending, timers }] of instances) {
        for (const commandId of pending) complain(`${stream} still waits for ${commandId}`);
        for (const [name, at] of timers)
          if (at < now) complain(`the timer ${name} of ${stream} never came: it was due at ${at}`);
      }
    },
  };
}
