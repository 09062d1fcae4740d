import { resolve } from 'node:path';
import { together } from '#test/support/together.ts';

together(resolve(import.meta.dirname, '../scenarios'));
