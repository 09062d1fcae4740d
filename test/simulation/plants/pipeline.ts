import { type Plant, plant } from '#test/support/plant.ts';

// Of how commands come to be recorded.

/** As the number of a try: how long a queue takes to say that it has no work left. */
const TRY = 3;

export const pipelinePlants: readonly Plant[] = [
  {
    name: 'lost-wake-up',
    story: 'A queue has no work left and takes its time to say so: what comes meanwhile is never looked at.',
    sow: () =>
      plant(
        () => import('#write-side/pipeline/stream-queue.ts'),
        'streamQueues',
        (streamQueues) => (deciding) => {
          const queues = streamQueues(deciding);
          const waiting = new Map<string, number>();
          const leaving = new Set<string>();
          const count = (stream: string, more: number): number => {
            waiting.set(stream, (waiting.get(stream) ?? 0) + more);
            return waiting.get(stream) ?? 0;
          };
          return {
            ...queues,
            async submit(command, side, checking) {
              const { stream } = command;
              if (leaving.has(stream)) return new Promise(() => undefined);
              count(stream, 1);
              const settled = await queues.submit(command, side, checking);
              if (count(stream, -1) === 0 && stream.startsWith('participant-')) {
                leaving.add(stream);
                void deciding.pause(TRY).then(() => leaving.delete(stream));
              }
              return settled;
            },
          };
        },
      ),
  },
  {
    name: 'double-release',
    story: 'A command is forgotten that was decided before, and a claim that has ended is ended again.',
    async sow() {
      await plant(
        () => import('#write-side/pipeline/decide-batch.ts'),
        'decideBatch',
        (decideBatch) => (deciding, head, commands) =>
          decideBatch(
            deciding,
            head,
            commands.map((command) =>
              command.command.type === 'EndClaim'
                ? { ...command, key: `${command.key} ${deciding.newId()}` }
                : command,
            ),
          ),
      );
      const { heldBy, holdNamed, stateOfClaim } = await import('#domain/wallets/wallet/holds.ts');
      const { ClaimEnded } = await import('#domain/wallets/wallet/messages.ts');
      const { balanceOf } = await import('#domain/wallets/wallet/state.ts');
      await plant(
        () => import('#domain/wallets/wallet/decider.ts'),
        'wallet',
        (wallet) => ({
          ...wallet,
          decide: {
            ...wallet.decide,
            EndClaim(data, state, facts) {
              const hold = holdNamed(state.holds, data.holdId);
              const claim = hold && stateOfClaim(hold, data.claimId);
              if (hold === undefined || hold.over || claim === undefined || claim === 'open')
                return wallet.decide.EndClaim(data, state, facts);
              const none = { released: 0n, holdEnded: false, postings: [] };
              return [ClaimEnded({ ...data, ...none, held: heldBy(hold), balance: balanceOf(state) })];
            },
          },
        }),
      );
    },
  },
  {
    name: 'stale-snapshot',
    story: 'A snapshot says that it holds an event more than it does, and nobody looks.',
    async sow() {
      await plant(
        () => import('#write-side/pipeline/snapshots.ts'),
        'snapshotsIn',
        (snapshotsIn) => (store, options) =>
          snapshotsIn(
            store && {
              read: (name) => store.read(name),
              write: (name, snapshot) =>
                store.write(
                  name,
                  snapshot !== null && 'revision' in snapshot
                    ? { ...snapshot, revision: Number(snapshot.revision) + 1 }
                    : snapshot,
                ),
            },
            options,
          ),
      );
      await plant(
        () => import('#write-side/pipeline/heads.ts'),
        'headsOf',
        (headsOf) => (options) => {
          const { store, snapshots } = options;
          return headsOf({
            ...options,
            snapshots: {
              ...snapshots,
              async read(stream, decider) {
                const head = await snapshots.read(stream, decider);
                if (head === undefined) return undefined;
                const [event] = await store.readStream(stream, { from: head.revision, limit: 1 });
                return event && { ...head, eventId: event.eventId };
              },
            },
          });
        },
      );
    },
  },
  {
    name: 'webhook-not-idempotent',
    story: 'A notice that comes twice is a new one each time, and credits each time.',
    async sow() {
      await plant(
        () => import('#write-side/wallets/payment-webhooks.ts'),
        'noticesTaker',
        (noticesTaker) => (options) =>
          noticesTaker({
            ...options,
            dispatch: (command) =>
              options.dispatch({
                ...command,
                commandId: command.commandId + options.clock.now().slice(11, 23),
              }),
          }),
      );
      const { emptyTable } = await import('#domain/kernel/id-table.ts');
      await plant(
        () => import('#domain/wallets/payment/notices.ts'),
        'follow',
        (follow) => (known, notice, id) =>
          notice.outcome === 'top_up_confirmed'
            ? follow(known, { ...notice, amount: known.moved + notice.amount }, id)
            : follow(known, notice, id),
      );
      await plant(
        () => import('#domain/wallets/payment/decider.ts'),
        'payment',
        (payment) => ({
          ...payment,
          decide: {
            ...payment.decide,
            RecordProviderNotice: (notice, state, facts) =>
              payment.decide.RecordProviderNotice(notice, { ...state, notices: emptyTable }, facts),
          },
        }),
      );
    },
  },
];
