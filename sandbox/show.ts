import path from 'node:path';
import { markdownAsText } from './markdown-text.ts';
import type { DemoOptions } from './options.ts';
import type { DemoReport, ShownFile } from './report.ts';
import type { LogLine, Runner, StepOptions } from './runner/runner.ts';
import type { Line, Screen } from './screen.ts';

/** The most lines of a log group that are shown. */
const MOST_IN_GROUP = 12;

/** Shortens the paths of a job: those in the workspace and in the runner's temporary folder. */
export type Shorten = (text: string) => string;

export function shortenerFor({ workspace, temporary }: Runner): Shorten {
  return (text) =>
    text
      .replaceAll(`${workspace}${path.sep}`, '')
      .replaceAll(workspace, '.')
      .replaceAll(temporary, '$RUNNER_TEMP');
}

export const asLines = (texts: readonly string[]): readonly Line[] =>
  texts.map((text) => ({ text }));

export function pairs(values: Readonly<Record<string, string>>): readonly Line[] {
  const width = Math.max(...Object.keys(values).map(({ length }) => length));
  return Object.entries(values).map(([name, text]) => ({ label: name.padEnd(width + 2), text }));
}

/**
 * Shows a step as it would be in a workflow, with its secrets hidden, and how many seconds it takes
 * because of quotas.
 */
export function showStep(
  screen: Screen,
  step: DemoReport['step'],
  { shorten, seconds }: { readonly shorten: Shorten; readonly seconds: number },
): void {
  const wait = `# It runs now. The quotas of Insights Hub make it take ${seconds} s or more.`;
  screen.section('The step of a workflow', [
    { text: `- uses: ${step.uses}` },
    { text: '  with:' },
    ...inputLines(step.with, 4).map((line) => ({ ...line, text: shorten(line.text) })),
    { text: '# The URLs lead to services that run embedded on this machine.', style: 'dim' },
    {
      text: seconds > 0 ? wait : '# It runs now. What goes wrong by order may take 20 s.',
      style: 'dim',
    },
  ]);
}

/** The inputs as lines of YAML. */
export function inputLines(inputs: Readonly<Record<string, string>>, indent = 0): readonly Line[] {
  return Object.entries(inputs).flatMap(([name, value]) => {
    if (!value.includes('\n')) return [{ label: `${name}: `, text: value, indent }];
    return [
      { text: `${name}: |`, style: 'cyan' as const, indent },
      ...value.split('\n').map((text) => ({ text, indent: indent + 2 })),
    ];
  });
}

/** The inputs that aren't empty, with secrets replaced by `***`. */
export function hideSecrets({ inputs, secrets = [] }: StepOptions) {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, value]) =>
      value === '' ? [] : [[name, secrets.includes(value) ? '***' : value]],
    ),
  );
}

/** The lines of a log, with groups indented and long ones cut. */
export function logLines(log: readonly LogLine[], shorten: Shorten): readonly Line[] {
  const lines: Line[] = [];
  let inGroup = 0;
  const endGroup = () => {
    if (inGroup <= MOST_IN_GROUP) return;
    const text = `… and ${inGroup - MOST_IN_GROUP} more lines, which --json shows`;
    lines.push({ text, indent: 2, style: 'dim' });
  };
  for (const { kind, inGroup: isInside, text } of log) {
    if (!isInside) {
      endGroup();
      inGroup = 0;
      lines.push({ text: shorten(text), ...STYLES[kind] });
    } else {
      inGroup += 1;
      if (inGroup <= MOST_IN_GROUP) lines.push({ text: shorten(text), indent: 2, style: 'dim' });
    }
  }
  endGroup();
  return lines;
}

const STYLES: Readonly<Record<LogLine['kind'], Pick<Line, 'style'>>> = {
  plain: {},
  group: { style: 'bold' },
  error: { style: 'red' },
  warning: { style: 'yellow' },
  notice: { style: 'cyan' },
  debug: { style: 'dim' },
};

export function showFiles(screen: Screen, title: string, files: readonly ShownFile[]): void {
  const lines = files.map(({ path: name, mode, size }) => {
    const isSecret = name.endsWith('.key');
    const text = `${mode} ${String(size).padStart(6)}  ${name}`;
    return isSecret ? { text, style: 'yellow' as const } : { text };
  });
  screen.section(title, lines);
}

/** Shows the outputs, with spaces in JSON so that it can be wrapped. */
export function showOutputs(
  screen: Screen,
  outputs: Readonly<Record<string, string>>,
  shorten: Shorten,
): void {
  const shown = Object.entries(outputs).map(([name, value]) => [
    name,
    shorten(value.startsWith('[{') ? spaced(value) : value.replaceAll('\n', ', ')),
  ]);
  screen.section('Outputs', pairs(Object.fromEntries(shown)));
}

function spaced(json: string): string {
  return JSON.stringify(JSON.parse(json), undefined, 1).replace(/\n\s*/g, ' ');
}

export function showSummary(screen: Screen, summary: string, shorten: Shorten): void {
  const lines = summary === '' ? [] : markdownAsText(summary);
  screen.section(
    'Job summary, which GitHub shows as a page',
    lines.map((line) => ({ ...line, text: shorten(line.text) })),
  );
}

export function showRequests(screen: Screen, requests: DemoReport['requests']): void {
  const lines = requests.map(({ method, path: way }) => ({
    label: method.padEnd(8),
    text: decodeURIComponent(way),
  }));
  screen.section('What Insights Hub was asked', lines);
}

/** Shows the exit code and what it means, and which faults never happened. */
export function showEnd(
  screen: Screen,
  { exitCode, log }: DemoReport,
  { faults, brokerFaults, debug }: DemoOptions,
  unmet: readonly string[],
): void {
  const code = log.map((line) => /^Error: \[([a-z-]+)\]/.exec(line)?.[1]).find(Boolean);
  const isFine = exitCode === 0;
  const failed = code === undefined ? 'the action was ended early' : `the action failed: ${code}`;
  screen.line({ text: '' });
  screen.line({
    text: `Exit code ${exitCode}: ${isFine ? 'the action succeeded' : failed}.`,
    style: isFine ? ['bold', 'green'] : ['bold', 'red'],
  });
  for (const text of unmet) {
    const why = 'was not met: nothing came that it could have gone wrong with';
    screen.line({ text: `The fault ${text} ${why}.`, style: 'yellow' });
  }
  if (isFine && !debug && faults.length + brokerFaults.length > unmet.length) {
    screen.line({ text: 'What was tried again is in the log with --debug.', style: 'dim' });
  }
}

/** The faults that never happened, as they were typed. */
export function unmetFaults(
  { faults, brokerFaults }: DemoOptions,
  services: readonly (readonly object[])[],
  ofBroker: readonly object[] = brokerFaults,
): readonly string[] {
  // Each service starts with all of them, and drops those that have happened.
  const unmet = faults.filter((fault) => services.every((left) => left.includes(fault)));
  const unmetByBroker = brokerFaults.filter((fault) => ofBroker.includes(fault));
  return [...unmet, ...unmetByBroker].map(({ text }) => text);
}
