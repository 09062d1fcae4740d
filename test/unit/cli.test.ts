import { join } from 'node:path';
import { together } from '#test/support/together.ts';

together(join(import.meta.dirname, 'cli'));
