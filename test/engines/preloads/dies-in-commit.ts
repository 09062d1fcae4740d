import { plant } from '#test/support/plant.ts';

// The real engine, whose process dies in the midst of the first commit that writes documents: all of it is written but for the end.
if (process.env.DIE_IN_COMMIT !== undefined)
  await plant(
    () => import('#engines/read-store/mongodb/commit.ts'),
    'writeDocuments',
    (write) =>
      async (...given) => {
        await write(...given);
        process.kill(process.pid, 'SIGKILL');
        throw new Error('nothing goes on behind that');
      },
  );
