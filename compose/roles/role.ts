import type { IncomingMessage, Server } from 'node:http';
import type { Router } from 'express';
import type { Logger } from 'pino';
import type { Config } from '#config';
import type { Dispatch, Position } from '#domain/kernel/envelope.ts';
import type { ConsumerStatus } from '#domain/kernel/ports/consumer.ts';
import type { Quotas } from '#domain/kernel/ports/quotas.ts';
import type { Authenticate } from '#domain/kernel/ports/tokens.ts';
import type { ReadLimits } from '#read-api/limits.ts';
import type { Turns } from '#runtime/turns.ts';
import type { DevelopmentOperation } from '#write-side/rest/openapi/development.ts';
import type { ServedOperation } from '#write-side/rest/openapi/served.ts';
import type { AccountPages } from '../account-pages.ts';
import type { ProcessEngines } from '../engines.ts';
import type { NamedEngine } from '../health.ts';
import type { Health } from '../http.ts';
import type { Measured } from '../metrics.ts';
import type { AllowedOrigin } from '../origins.ts';

/** What every role of a process is started with. */
export interface Surroundings {
  readonly engines: ProcessEngines;
  readonly config: Config;
  readonly log: Logger;
  /** Who asks, by the token of a request. */
  readonly authenticate: Authenticate;
  /** From where a request comes; undefined: whoever asked has gone. */
  readonly addressOf: (request: IncomingMessage) => string | undefined;
  /** What each person may have under way in this process, over every transport together. */
  readonly perPerson: Turns;
  /** What each network and each person may ask of this process in a while. */
  readonly quotas: Quotas;
  readonly allowedOrigin: AllowedOrigin;
  /** What people are shown who sign in, where it is not the usual. */
  readonly accountPages: AccountPages | undefined;
  readonly limits: { readonly read?: Partial<ReadLimits> };
}

/** Where the process is found, once its port is open. */
export interface Opened {
  readonly url: string;
  /** Where people find the platform. */
  readonly publicUrl: string;
  /** The certificates, in PEM, that are shown at `url`; undefined: it is plain http. */
  readonly shows?: () => string;
  /** Takes over connections (`upgrade`). */
  readonly server: Server;
}

/**
 * A role at work, as its process sees it. A stop goes through all of them stage by stage: each finishes, each tells, each leaves, the
 * ports close, and then each stops, in the order in which they are listed.
 */
export interface RunningRole {
  /** What everybody may come to. */
  readonly routers?: readonly Router[];
  /** What of it is neither a command nor a question, as it is described. */
  readonly served?: readonly ServedOperation[];
  /** The conveniences of development among them. */
  readonly development?: readonly DevelopmentOperation[];
  /** What is at work here, for whoever looks after the process. */
  readonly consumers?: () => readonly ConsumerStatus[];
  /** By component. */
  readonly health?: () => Health;
  readonly measured?: Omit<Partial<Measured>, 'consumers' | 'engines'>;
  /** Beside those that every process has. */
  readonly engines?: readonly NamedEngine[];
  /** Decides the commands of whoever has no role that does. */
  readonly decides?: Dispatch;
  /** Told when the port is open. */
  opened?(opened: Opened): void;
  /**
   * Whether, within the time, nothing is left to be done for what stands up to `position`, by whoever sends commands; what was done for it
   * stands behind.
   */
  settled?(position: Position, timeoutMs: number): Promise<boolean>;
  /** Whether, within the time, what is recorded up to `position` can be read. */
  caughtUp?(position: Position, timeoutMs: number): Promise<boolean>;
  /** Takes nothing new, and resolves when what is under way is done. Repeats wait for the first. */
  finish?(): Promise<void>;
  /** Resolves when what has been recorded is known here to whoever follows it, or after a while. */
  tell?(): Promise<void>;
  /** Ends whatever is told of without end. */
  leave?(): Promise<void>;
  stop?(): Promise<void>;
}
