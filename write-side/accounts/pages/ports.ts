import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import type { Instant } from '#domain/kernel/instant.ts';
import type { NewId } from '#domain/kernel/ports/facts.ts';
import type { Door } from '../door/door.ts';
import type { Known } from '../known.ts';
import type { Browsers, SignIns } from '../sign-ins.ts';
import type { FrameOptions } from './frame.ts';

/** Who somebody is, by their own words. */
export interface OwnProfile {
  readonly name: string;
  readonly address: string;
  readonly phone: string | undefined;
}

/** Where somebody is signed in. */
export interface OwnSession {
  readonly session: string;
  /** By which system, as people call it. Undefined: by these pages themselves. */
  readonly system: string | undefined;
  /** Undefined: nobody said, or nobody can read it any more. */
  readonly address: string | undefined;
  /** By which browser, and on what, as people call it. Undefined as above. */
  readonly browser: string | undefined;
  readonly openedAt: Instant;
  /** To some minutes: by these pages, or when a system has had its token renewed. */
  readonly lastUsedAt: Instant;
  readonly expiresAt: Instant;
}

/** What people see of themselves beside their account: read to the end of their own streams, so that nothing is out of date. */
export interface OwnAccount {
  /** Undefined: they have none, or nobody can read it any more. */
  profile(person: PersonId): Promise<OwnProfile | undefined>;
  /** Those that have not ended, and whose time is not over; the newest first. */
  sessions(person: PersonId): Promise<readonly OwnSession[]>;
}

export interface PagesOptions extends FrameOptions {
  readonly door: Door;
  readonly signIns: SignIns;
  readonly browsers: Browsers;
  readonly known: Pick<Known, 'account'>;
  readonly own: OwnAccount;
  readonly dispatch: Dispatch;
  readonly newId: NewId;
}
