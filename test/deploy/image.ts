import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Instruction } from 'dockerfile-ast';
import { buildsOf, copyOf, fileOf } from './dockerfile.ts';

// Builds the file tree of an image without a container engine: the same steps, each stage below a folder of its own.

/** In the stages that are laid out here whoever is called `node` is this one: nobody of a Debian system. */
export const NOBODY = 65_534;

interface Laid {
  readonly root: string;
  workdir: string;
}

/** A path of the image as one of this machine. */
const inside = ({ root, workdir }: Laid, path: string): string => join(root, resolve(workdir, path));

function copyInto(
  laid: Laid,
  to: string,
  from: string,
  sources: readonly string[],
  takes: (file: string) => boolean,
) {
  for (const source of sources) {
    const origin = join(from, source);
    const isFolderCopied = to.endsWith('/') && source !== '.';
    const target = inside(laid, isFolderCopied ? join(to, source.split('/').at(-1) ?? '') : to);
    cpSync(origin, target, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => takes(relative(from, file)),
    });
  }
}

/** Runs a command of the Dockerfile: what it calls by a path of the image is that path below the stage's folder. */
function run(laid: Laid, command: string): void {
  const here = command
    .replaceAll(/(?<=\s)\/(?=[a-z])/g, `${laid.root}/`)
    .replaceAll('node:node', `${NOBODY}:${NOBODY}`);
  execFileSync('sh', ['-euc', here], { cwd: inside(laid, '.'), stdio: ['ignore', 'pipe', 'pipe'] });
}

export interface Image {
  readonly root: string;
  readonly workdir: string;
  readonly user: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** @param context the folder that is built from, of which the ignore file says what comes in */
export function layOut(dockerfile: string, context: string, into: string): Image {
  const { takes } = fileOf(join(context, '.dockerignore'));
  // On the way to what is taken there are folders that are not themselves.
  const onTheWay = (file: string): boolean =>
    file === '' || takes(file) || ['test', 'test/generated-clients', 'deploy'].includes(file);
  const stages = new Map<string, Laid>();
  const image = { user: 'root', environment: {} as Record<string, string> };
  const words = (step: Instruction): readonly string[] => step.getArguments().map((word) => word.getValue());
  /** What each instruction does to a stage; of the others nothing is in its tree. */
  const effects: Readonly<Record<string, (step: Instruction, laid: Laid) => void>> = {
    WORKDIR(step, laid) {
      laid.workdir = words(step)[0] ?? '/';
      mkdirSync(inside(laid, '.'), { recursive: true });
    },
    COPY(step, laid) {
      const { from, sources, to } = copyOf(step);
      const other = from === undefined ? undefined : stages.get(from);
      copyInto(laid, to, other?.root ?? context, sources, other === undefined ? onTheWay : () => true);
    },
    RUN: (step, laid) => run(laid, step.getArgumentsContent() ?? ''),
    USER(step) {
      image.user = words(step)[0] ?? '';
    },
    ENV(step) {
      for (const word of words(step)) {
        const [name = '', ...value] = word.split('=');
        image.environment[name] = value.join('=');
      }
    },
    VOLUME: () => undefined,
    EXPOSE: () => undefined,
    HEALTHCHECK: () => undefined,
    ENTRYPOINT: () => undefined,
  };
  let last: Laid = { root: into, workdir: '/' };
  for (const [number, { name = String(number), steps }] of buildsOf(join(context, dockerfile)).entries()) {
    last = { root: join(into, name), workdir: '/' };
    stages.set(name, last);
    Object.assign(image, { user: 'root', environment: {} });
    for (const step of steps) {
      const effect = effects[step.getKeyword()];
      if (effect === undefined) throw new TypeError(`${step.getKeyword()} is not laid out here`);
      effect(step, last);
    }
  }
  return { root: last.root, workdir: inside(last, '.'), ...image };
}
