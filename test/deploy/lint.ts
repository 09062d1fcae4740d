import type { Instruction } from 'dockerfile-ast';
import { buildsOf, copyOf } from './dockerfile.ts';

// What hadolint says of Dockerfiles, under its names, as far as a file of this project could break it.

const wordsOf = (step: Instruction): readonly string[] => step.getArguments().map((word) => word.getValue());
const linesOf = (step: Instruction): string => step.getArgumentsContent() ?? '';

type Rule = (text: string) => boolean;

const stagesOf = (text: string) => buildsOf('', text);
const steps = (text: string, keyword: string): readonly Instruction[] =>
  stagesOf(text).flatMap((stage) => stage.steps.filter((step) => step.getKeyword() === keyword));
const runs = (text: string): readonly string[] => steps(text, 'RUN').map(linesOf);
const inAnyStage = (text: string, holds: (steps: readonly Instruction[]) => boolean): boolean =>
  stagesOf(text).some((stage) => holds(stage.steps));
const twice = (text: string, keyword: string): boolean =>
  inAnyStage(text, (all) => all.filter((step) => step.getKeyword() === keyword).length > 1);

/** Whether a file breaks a rule, by the rule's name. */
const rules: Readonly<Record<string, Rule>> = {
  'DL3000 an absolute WORKDIR': (text) =>
    steps(text, 'WORKDIR').some((step) => !linesOf(step).startsWith('/')),
  'DL3002 the last user is not root': (text) => {
    const users = stagesOf(text)
      .at(-1)
      ?.steps.filter((step) => step.getKeyword() === 'USER');
    return /^(root|0)?(:|$)/.test(users?.map(linesOf).at(-1) ?? '');
  },
  'DL3003 WORKDIR rather than cd': (text) => runs(text).some((line) => /(^|&&|;)\s*cd\s/.test(line)),
  'DL3004 no sudo': (text) => runs(text).some((line) => /\bsudo\b/.test(line)),
  'DL3006 a tag for every image': (text) => stagesOf(text).some(({ image }) => !image.includes(':')),
  'DL3007 a tag that stays': (text) => stagesOf(text).some(({ image }) => image.endsWith(':latest')),
  'DL3008 pinned packages of Debian': (text) =>
    runs(text).some((line) => /apt-get install/.test(line) && !/=\d/.test(line)),
  'DL3009 no lists of apt-get left': (text) =>
    runs(text).some((line) => /apt-get update/.test(line) && !/rm -rf \/var\/lib\/apt\/lists/.test(line)),
  'DL3011 ports that are ports': (text) =>
    steps(text, 'EXPOSE').some((step) =>
      wordsOf(step).some((port) => !/^\d+(\/(tcp|udp))?$/.test(port) || Number.parseInt(port, 10) > 65_535),
    ),
  'DL3012 one HEALTHCHECK': (text) => twice(text, 'HEALTHCHECK'),
  'DL3016 pinned packages of npm': (text) =>
    runs(text).some((line) => /npm (install|i|add)\b(?!.*@\d)/.test(line)),
  'DL3020 COPY rather than ADD': (text) => steps(text, 'ADD').length > 0,
  'DL3021 COPY of several into a folder': (text) =>
    steps(text, 'COPY').some((step) => copyOf(step).sources.length > 1 && !copyOf(step).to.endsWith('/')),
  'DL3022 COPY from a stage that is there': (text) => {
    const names = stagesOf(text).map(({ name }) => name);
    return steps(text, 'COPY').some((step) => {
      const { from } = copyOf(step);
      return from !== undefined && !names.includes(from);
    });
  },
  'DL3024 names of stages once': (text) => {
    const names = stagesOf(text).flatMap(({ name }) => (name === undefined ? [] : [name]));
    return new Set(names).size < names.length;
  },
  'DL3025 JSON for CMD and ENTRYPOINT': (text) =>
    [...steps(text, 'CMD'), ...steps(text, 'ENTRYPOINT')].some((step) => !linesOf(step).startsWith('[')),
  'DL3045 a WORKDIR before a relative COPY': (text) =>
    inAnyStage(text, (all) => {
      const copy = all.findIndex((step) => step.getKeyword() === 'COPY' && !copyOf(step).to.startsWith('/'));
      return copy >= 0 && !all.slice(0, copy).some((step) => step.getKeyword() === 'WORKDIR');
    }),
  'DL3059 one RUN rather than two': (text) =>
    inAnyStage(text, (all) =>
      all.some((step, at) => step.getKeyword() === 'RUN' && all[at - 1]?.getKeyword() === 'RUN'),
    ),
  'DL4000 no MAINTAINER': (text) => steps(text, 'MAINTAINER').length > 0,
  'DL4003 one CMD': (text) => twice(text, 'CMD'),
  'DL4004 one ENTRYPOINT': (text) => twice(text, 'ENTRYPOINT'),
  'DL4006 a pipe that fails where it fails': (text) =>
    runs(text).some((line) => /[^|]\|[^|]/.test(line)) && !/pipefail/.test(text),
};

/** The rules that a Dockerfile breaks. */
export const lint = (text: string): readonly string[] =>
  Object.entries(rules)
    .filter(([, broken]) => broken(text))
    .map(([name]) => name);

export const ruleNames: readonly string[] = Object.keys(rules);
