import type { Actor } from '#domain/kernel/actor.ts';
import type { Origin } from '#domain/kernel/envelope.ts';
import type { Instant } from '#domain/kernel/instant.ts';
import type { TokenNames } from '#domain/kernel/ports/tokens.ts';

/** Who asks, and from where. No actor: nobody has said who they are. */
export interface Viewer {
  readonly actor: Actor | undefined;
  /** When the token ends that said so; whatever goes on for longer ends with it. */
  readonly expiresAt: Instant | undefined;
  /** That token, for whoever may revoke it. */
  readonly token: TokenNames;
  /** They have proven just before that it is they. */
  readonly steppedUp: boolean;
  readonly origin: Origin;
}
