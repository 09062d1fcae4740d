import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

// The recipes of CONTRIBUTING.md as they are written: each block behind a path is that file, or a change of it.

/** A file to write, or the hunks of a change. */
interface Block {
  readonly path: string;
  readonly kind: 'file' | 'change';
  readonly text: string;
}
export interface Recipe {
  readonly title: string;
  readonly blocks: readonly Block[];
}

const BLOCK = /^`([^`\n]+)`:\n\n```(\w+)\n(.*?)\n```$/gms;

export function recipesIn(markdown: string): readonly Recipe[] {
  const [, ...sections] = markdown.split(/^## (?=\d)/m);
  return sections.map((section) => ({
    title: section.slice(0, section.indexOf('\n')),
    blocks: [...section.matchAll(BLOCK)].map(
      ([, path = '', language, text = '']): Block => ({
        ...{ path, text },
        kind: language === 'diff' ? 'change' : 'file',
      }),
    ),
  }));
}

/** Makes the changes of a diff, each where its lines stand, which must be one place. @throws Error where it is none or more */
export function changed(before: string, { path, text }: Block): string {
  const hunks = text.split(/^@@$\n?/m).filter((hunk) => hunk !== '');
  return hunks.reduce((now, hunk) => {
    const lines = hunk.replace(/\n$/, '').split('\n');
    const side = (without: string): string =>
      lines
        .filter((line) => !line.startsWith(without))
        .map((line) => line.slice(1))
        .join('\n');
    const [head = '', ...rest] = now.split(side('+'));
    if (rest.length !== 1) throw new Error(`${path} has these lines ${rest.length} times:\n${hunk}`);
    return head + side('-') + rest[0];
  }, before);
}

/** Follows a recipe to the letter. */
export function follow({ blocks }: Recipe, root: string): void {
  for (const block of blocks) {
    const file = join(root, block.path);
    mkdirSync(dirname(file), { recursive: true });
    const { kind, text } = block;
    writeFileSync(file, kind === 'file' ? `${text}\n` : changed(readFileSync(file, 'utf8'), block));
  }
}
