import { resolve } from 'node:path';

/** Where what was compiled once is kept, as NODE_COMPILE_CACHE: a start takes half the time. */
export const compiled =
  process.env.NODE_COMPILE_CACHE ?? resolve(import.meta.dirname, '../../node_modules/.cache/compiled');
