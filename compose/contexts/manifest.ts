import type { AnyDecider } from '#domain/kernel/decider.ts';
import type { MailTable } from '#domain/kernel/mails.ts';
import type { Reaction } from '#domain/kernel/reaction.ts';
import type { Context } from '#domain/kernel/registry.ts';
import type { Saga } from '#domain/kernel/saga.ts';
import type { Workflow } from '#domain/kernel/workflow.ts';
import type { View } from '#projections/view.ts';
import type { Operations } from '#read-api/operation.ts';

/** All by which a context joins the platform. Whatever is not listed here does not run, and the gate says so. */
export interface Manifest {
  /** Its name, events and commands. */
  readonly messages: Context;
  /** One for each category of streams. */
  readonly deciders: readonly AnyDecider[];
  /** Commands of this context that are guarded by streams of others. */
  readonly workflows: readonly Workflow[];
  readonly views: readonly View[];
  readonly reactions: readonly Reaction[];
  readonly sagas: readonly Saga[];
  /** Where people are written to about its events. */
  readonly mails?: MailTable;
  readonly operations: Operations;
}
