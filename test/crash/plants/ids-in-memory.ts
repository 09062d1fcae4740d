import { rewritten } from '../preloads/instead.ts';

// A process knows the commands that it has decided itself, and forgets them with its life.
rewritten('write-side/pipeline/head.ts', [
  [
    'head.commands.remember(event, limits);',
    'if (Date.now() - Date.parse(event.recordedAt) < 300) head.commands.remember(event, limits);',
  ],
]);
