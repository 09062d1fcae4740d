import { z } from 'zod';
import { Actor } from '#domain/kernel/actor.ts';
import { canonical, hashOf, type Json } from '#domain/kernel/canonical.ts';
import type { AnyDecider } from '#domain/kernel/decider.ts';
import { type Envelope, Origin } from '#domain/kernel/envelope.ts';
import { categoryOf, PersonId } from '#domain/kernel/ids.ts';
import type { CommandDeclaration, Rejection } from '#domain/kernel/message.ts';
import { peopleIn } from '#domain/kernel/personal.ts';
import type { KeysByPerson } from '#domain/kernel/ports/person-keys.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Forbidden, invalid, NotFound, StepUpRequired } from '#domain/kernel/rejections.ts';
import { encodeUnchecked } from '#domain/zod/encoding.ts';
import { commandKey } from './remembered-commands.ts';
import { unfit } from './unfit.ts';

/** A command that may be decided: allowed, parsed, and told which stream decides it. */
export interface ReadyCommand {
  readonly command: CommandDeclaration;
  readonly decider: AnyDecider;
  readonly stream: string;
  readonly data: object;
  readonly envelope: Envelope;
  /** Names it on its stream: (actor, command id). */
  readonly key: string;
  /** The hash of its canonical payload; of a personal one a fingerprint under the keys of those whom it is about. */
  readonly payload: string;
  /** Whom it brings something about, nobody twice. */
  readonly people: readonly PersonId[];
  /** Of those, and of whoever sends it from somewhere. */
  readonly keys: KeysByPerson;
}

/** A command that is about people, before anything of it may be hashed. */
export interface PersonalCommand extends ReadyCommand {
  readonly canonical: string;
}

export type Intake = (envelope: Envelope) => ReadyCommand | PersonalCommand | Rejection;

const NO_KEYS: KeysByPerson = new Map();

/** As generous as the header that carries it: callers use UUIDs, hashes and names of their own. */
const ID = z.string().regex(/^[\x21-\x7e]{1,64}$/, 'one to 64 visible ASCII characters');

/** All of an envelope but the command's data, which its own schema reads. */
const Outside = z.object({
  command: z.string().max(64),
  commandId: ID,
  actor: Actor,
  onBehalfOf: PersonId.optional(),
  correlationId: ID.optional(),
  causationId: ID.optional(),
  origin: Origin,
});

/** As safeParse, but a codec that throws is an input that does not fit, too. */
function parse<S extends z.ZodType>(
  schema: S,
  input: unknown,
): { data: z.output<S> } | { rejection: Rejection } {
  try {
    const parsed = schema.safeParse(input);
    return parsed.success ? { data: parsed.data } : { rejection: invalid(parsed.error.issues) };
  } catch {
    return { rejection: invalid([{ path: [], message: 'cannot be read' }]) };
  }
}

/** A command's data as it is decided, and as JSON. */
interface Read {
  readonly data: object;
  readonly json: Json;
}

/** Nobody outside is `system`; whoever is may send what is internal. */
function mayNot({ from, stepUp }: CommandDeclaration, { actor, steppedUp }: Envelope): Rejection | undefined {
  const { roles } = actor;
  if (roles.includes('system')) return undefined;
  if (from === 'internal') return Forbidden({ needs: ['system'] });
  if (from !== 'member' && !roles.some((role) => from.includes(role))) return Forbidden({ needs: [...from] });
  return stepUp && steppedUp !== true ? StepUpRequired({}) : undefined;
}

/**
 * Reads envelopes: who may, what it says, which stream decides.
 *
 * @throws TypeError (when made) for a command or a category that two deciders claim; (when called) for a stream of another category than
 *   its decider's, which is a mistake in the declaration.
 */
export function intake(registry: Registry, deciders: readonly AnyDecider[]): Intake {
  const decidedBy = new Map<string, AnyDecider>();
  const categories = new Set<string>();
  for (const decider of deciders) {
    if (categories.has(decider.category))
      throw new TypeError(`${decider.category} streams have two deciders`);
    categories.add(decider.category);
    for (const { type } of decider.commands) {
      if (decidedBy.has(type)) throw new TypeError(`${type} is decided twice`);
      decidedBy.set(type, decider);
    }
  }

  /** Reads what has come from elsewhere. Hashed as it would be written again: two spellings of a moment are one payload. */
  function fromOutside(command: CommandDeclaration, envelope: Envelope): Read | Rejection {
    const read = parse(command.schema, envelope.data);
    if ('rejection' in read) return read.rejection;
    const json = encodeUnchecked(command.schema, read.data) as Json;
    const problems = unfit(envelope.data, json);
    return problems.length > 0 ? invalid(problems) : { data: read.data, json };
  }

  /** What a reaction of this process has written a moment ago is as it would be read. */
  function fromHere({ command, data }: Envelope): Read | undefined {
    const sent = registry.commandIn(data);
    return sent?.command === command ? { data: sent.data, json: data as Json } : undefined;
  }

  return (envelope) => {
    const outside = parse(Outside, envelope);
    if ('rejection' in outside) return outside.rejection;
    const { actor, commandId } = outside.data;
    const command = registry.commands.get(envelope.command)?.command;
    const decider = decidedBy.get(envelope.command);
    if (command === undefined || decider === undefined) {
      return NotFound({ what: `command ${envelope.command}` });
    }
    const forbidden = mayNot(command, envelope);
    if (forbidden !== undefined) return forbidden;
    const read = fromHere(envelope) ?? fromOutside(command, envelope);
    if ('rejected' in read) return read;
    const stream = command.streamOf(read.data, actor);
    if (categoryOf(stream) !== decider.category) {
      throw new TypeError(`${command.type} names ${stream}, which ${decider.category} does not decide`);
    }
    const people = peopleIn(command, read.data, actor);
    const whole = { command: command.type, data: read.json };
    const ready = { command, decider, stream, data: read.data, envelope, people, keys: NO_KEYS };
    const key = commandKey(actor.id, commandId);
    if (people.length === 0) return { ...ready, key, payload: hashOf(whole) };
    return { ...ready, key, payload: '', canonical: canonical(whole) };
  };
}
