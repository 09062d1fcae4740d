import { resolve } from 'node:path';
import { openedTogether } from '#test/support/together.ts';

await openedTogether(resolve(import.meta.dirname, '../bad-input'));
