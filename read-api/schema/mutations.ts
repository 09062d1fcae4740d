import { z } from 'zod';
import type { Envelope, RecordedEvent, Reply } from '#domain/kernel/envelope.ts';
import type { MessageSchemas } from '#domain/kernel/json-schema.ts';
import type { CommandDeclaration, Rejection } from '#domain/kernel/message.ts';
import { publicData } from '#domain/kernel/redaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { commonRejections, RejectedError, StepUpRequired } from '#domain/kernel/rejections.ts';
import { Token, tokenOf } from '#domain/kernel/token.ts';
import { verdictsOf } from '#domain/kernel/verdicts.ts';
import { sayWho, signedIn } from '../authorization/who.ts';
import type { QueryServices } from '../resolver-context.ts';
import type { Viewer } from '../viewer.ts';
import { camel, described, pascal, UnsayableError } from './sdl.ts';
import type { Types } from './types.ts';

const RecordedFact = z
  .object({
    eventId: z.string(),
    type: z.string(),
    data: z.json().meta({ description: 'As the event is stored, without what is secret.' }),
  })
  .meta({
    id: 'RecordedFact',
    description: 'An event that a command led to.',
  });

/** One command records a few; by so many an answer is counted. */
const MOST_EVENTS = 16;

const answer = {
  commandId: z.string().meta({
    description: 'Send it again to get the same answer again; an answer without events is decided anew.',
  }),
  stream: z.string().meta({ description: 'Which stream decided.' }),
  position: Token.nullable().meta({
    description:
      'Hand it to `atLeast` to read your own write; what follows from it in the streams of others may come later. Null: there was nothing left to do.',
  }),
  events: z.array(RecordedFact).max(MOST_EVENTS).meta({
    description:
      'What the command itself recorded, in the stream that decided; empty: there was nothing left to do.',
  }),
};

const accepted = {
  ...answer,
  decision: RecordedFact.nullable().meta({
    description:
      'Where a later stage has decided: the event that says so. Of a bid it names who leads now, the price and the smallest bid.',
  }),
};

/**
 * What every mutation may answer with, beside rejections.
 * @throws UnsayableError where a verdict has the name of something that is answered anyway
 */
export function answersOf({ verdicts }: Pick<Registry, 'verdicts'>) {
  const taken = [...verdicts.keys()].find((name) => name in accepted);
  if (taken !== undefined) throw new UnsayableError(`Accepted.${taken}`, 'every answer has this field');
  return {
    Accepted: z
      .object({
        ...accepted,
        ...Object.fromEntries(
          [...verdicts].map(([name, description]) => [
            name,
            z
              .boolean()
              .nullable()
              .meta({ description: `${description} Null of everything else.` }),
          ]),
        ),
      })
      .meta({ id: 'Accepted', description: 'Done, and durable.' }),
    Pending: z.object(answer).meta({
      id: 'Pending',
      description: 'Recorded, and its outcome is still on its way. It is not a no: follow the feed.',
    }),
  };
}

/** The type of a rejection: `bid_too_low` is `BidTooLow`. */
export const rejectionType = (code: string): string => pascal(code);

const publicCommands = (registry: Registry): readonly CommandDeclaration[] =>
  [...registry.commands.values()]
    .map(({ command }) => command)
    .filter(({ from }) => from !== 'internal')
    .sort((a, b) => (a.type < b.type ? -1 : 1));

function codesOf(command: CommandDeclaration): readonly string[] {
  const common = commonRejections.filter(({ code }) => command.stepUp || code !== StepUpRequired.code);
  return [...new Set([...command.rejections, ...common].map(({ code }) => code))];
}

function defineRejections(registry: Registry, schemas: MessageSchemas, types: Types): void {
  const own =
    '  """One of the catalogue."""\n  code: String!\n  """A sentence for people."""\n  message: String!';
  types.define('Rejection', `${described('A no, as an answer.')}interface Rejection {\n${own}\n}`);
  for (const { code, message } of registry.rejections.values()) {
    const details = schemas.rejections[code] ?? {};
    const clash = ['code', 'message'].find((name) => name in (details.properties ?? {}));
    if (clash !== undefined) throw new UnsayableError(`${code}.${clash}`, 'every rejection has this field');
    const name = rejectionType(code);
    const fields = types.fields(details, name);
    types.define(
      name,
      `${described(message)}type ${name} implements Rejection {\n${own}${fields === '' ? '' : `\n${fields}`}\n}`,
    );
  }
}

/** One mutation for each public command; its result is a union of the answers and of every rejection it can get. */
export function printMutations(registry: Registry, schemas: MessageSchemas, types: Types): readonly string[] {
  defineRejections(registry, schemas, types);
  return publicCommands(registry).map((command) => {
    const data = schemas.commands[command.type] ?? {};
    if ('commandId' in (data.properties ?? {}))
      throw new UnsayableError(`${command.type}.commandId`, 'every mutation has this argument');
    const commandId = {
      type: 'string',
      format: 'id',
      description:
        'Yours to choose: the same id is decided once, for at least 24 hours by what decides it; a new command needs a new one. An id that was used for another wallet, auction or lot is refused where the process that answers knows of it: by what it has decided or read of since it began. It is kept for ever, and no erasure reaches it: let it say nothing about people. Left out, the server chooses one.',
    } as const;
    const args = types.args(
      { ...data, properties: { commandId, ...data.properties }, required: data.required ?? [] },
      command.type,
    );
    const result = `${command.type}Result`;
    const members = ['Accepted', 'Pending', ...codesOf(command).map(rejectionType)];
    types.define(result, `union ${result} =\n  | ${members.join('\n  | ')}`);
    const who = command.from === 'internal' ? '' : sayWho(command.from);
    const how = command.stepUp ? ' Only for whoever has proven just before that it is they.' : '';
    // Null where it failed by our fault: what those before it in the same operation have done is answered nevertheless.
    return `${described(`${command.description} ${who}${how}`, '  ')}  ${camel(command.type)}${args}: ${result}`;
  });
}

function factsOf(events: readonly RecordedEvent[], { registry }: QueryServices) {
  return events.map((event) => ({
    eventId: event.eventId,
    type: event.type,
    data: publicData(registry, event),
  }));
}

const rejectedAnswer = ({ code, message, details }: Rejection) => ({
  ...details,
  __typename: rejectionType(code),
  code,
  message,
});

function answerOf(reply: Reply, services: QueryServices) {
  if (reply.outcome === 'rejected') return rejectedAnswer(reply.rejection);
  const decision = reply.outcome === 'accepted' ? reply.decision : undefined;
  const { registry, store } = services;
  return {
    __typename: reply.outcome === 'accepted' ? 'Accepted' : 'Pending',
    commandId: reply.commandId,
    stream: reply.stream,
    position: reply.position === undefined ? null : tokenOf(store.epoch, reply.position),
    events: factsOf(reply.events, services),
    decision: decision === undefined ? null : factsOf([decision], services)[0],
    ...Object.fromEntries([...registry.verdicts.keys()].map((name) => [name, null])),
    ...verdictsOf(registry, reply),
  };
}

async function send(command: CommandDeclaration, args: object, viewer: Viewer, services: QueryServices) {
  const { commandId = services.newId(), ...data } = args as { commandId?: string };
  try {
    const envelope: Envelope = {
      command: command.type,
      data,
      commandId,
      actor: signedIn(viewer),
      steppedUp: viewer.steppedUp,
      origin: viewer.origin,
    };
    return answerOf(await services.dispatch(envelope), services);
  } catch (error) {
    if (error instanceof RejectedError) return rejectedAnswer(error.rejection);
    throw error;
  }
}

/** By the name of the mutation. The pipeline authorizes, parses and decides; here is nothing but the way there. */
export const mutationResolvers = (registry: Registry) =>
  Object.fromEntries(
    publicCommands(registry).map((command) => [
      camel(command.type),
      (_: unknown, args: object, { viewer, services }: { viewer: Viewer; services: QueryServices }) =>
        send(command, args, viewer, services),
    ]),
  );
