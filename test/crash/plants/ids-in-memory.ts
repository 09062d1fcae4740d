import { plant } from '#test/support/plant.ts';

// A process knows the commands that it has decided itself, and forgets them with its life.
await plant(
  () => import('#write-side/pipeline/remembered-commands.ts'),
  'RememberedCommands',
  (RememberedCommands) =>
    class extends RememberedCommands {
      override remember(...given: Parameters<InstanceType<typeof RememberedCommands>['remember']>): void {
        const [{ recordedAt }] = given;
        if (Date.now() - Date.parse(recordedAt) < 300) super.remember(...given);
      }
    },
);
