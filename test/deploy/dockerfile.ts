import { readFileSync } from 'node:fs';
import { type Copy, DockerfileParser, type From, type Instruction } from 'dockerfile-ast';

// A Dockerfile and its ignore file, as they are read here: what this project uses of them, and no more.

export interface Stage {
  readonly image: string;
  readonly name: string | undefined;
  readonly steps: readonly Instruction[];
}

/** The stages of a Dockerfile, in order; the last one is the image. */
export function buildsOf(path: string, text = readFileSync(path, 'utf8')): readonly Stage[] {
  const stages: { image: string; name: string | undefined; steps: Instruction[] }[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    if (instruction.getKeyword() === 'FROM') {
      const from = instruction as From;
      stages.push({ image: from.getImage() ?? '', name: from.getBuildStage() ?? undefined, steps: [] });
    } else stages.at(-1)?.steps.push(instruction);
  }
  return stages;
}

/** Of which stage a copy is, undefined for the context; from where, and where to. */
export function copyOf(instruction: Instruction): {
  from: string | undefined;
  sources: string[];
  to: string;
} {
  const copy = instruction as Copy;
  const from =
    copy
      .getFlags()
      .find((flag) => flag.getName() === 'from')
      ?.getValue() ?? undefined;
  const words = copy.getArguments().map((word) => word.getValue());
  return { from, sources: words.slice(0, -1), to: words.at(-1) ?? '' };
}

/** What an ignore file lets into the context; it names what comes in, behind a `*` that keeps all out. */
export function fileOf(path: string): { takes(file: string): boolean } {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [first, ...named] = lines;
  if (first !== '*' || !named.every((line) => line.startsWith('!')))
    throw new TypeError(`${path} keeps all out first, and names what comes in`);
  const wanted = named.map((line) => line.slice(1));
  const fits = (file: string, pattern: string): boolean =>
    pattern.startsWith('*')
      ? !file.includes('/') && file.endsWith(pattern.slice(1))
      : file === pattern || file.startsWith(`${pattern}/`);
  return { takes: (file) => wanted.some((pattern) => fits(file, pattern)) };
}
