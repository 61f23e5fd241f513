import { markdownAsText } from './markdown-text.ts';
import type { DemoOptions } from './options.ts';
import type { DemoReport, ShownFile } from './report.ts';
import type { LogLine, StepOptions } from './runner/runner.ts';
import type { Line, Screen } from './screen.ts';
import { hasFaults, quotaTime, TIMEOUT_WITH_FAULTS } from './services.ts';

/** The most lines of a log group that are shown. */
const MOST_IN_GROUP = 12;

export const asLines = (texts: readonly string[]): readonly Line[] =>
  texts.map((text) => ({ text }));

export function pairs(values: Readonly<Record<string, string>>): readonly Line[] {
  const width = Math.max(...Object.keys(values).map(({ length }) => length));
  return Object.entries(values).map(([name, text]) => ({ label: name.padEnd(width + 2), text }));
}

/** Shows a step as it would be in a workflow, with its secrets hidden. */
export function showStep(screen: Screen, step: DemoReport['step'], options: DemoOptions): void {
  screen.section('The workflow step', [
    { text: `- uses: ${step.uses}` },
    { text: '  with:' },
    ...inputLines(step.with, 4),
    {
      text: '# The URLs lead to services that stop with this demo; npm start -- serve keeps them running.',
      style: 'dim',
    },
    { text: `# ${running(options)}`, style: 'dim' },
  ]);
}

/** Says that the step runs, and how long that may take where it is long. */
function running(options: DemoOptions): string {
  const seconds = quotaTime(options);
  const quotas = `Insights Hub's quotas make this take at least ${seconds} s.`;
  const faults = `With a fault, this may take ${TIMEOUT_WITH_FAULTS} s.`;
  return [
    'The step is running.',
    ...(seconds > 0 ? [quotas] : []),
    ...(hasFaults(options) ? [faults] : []),
  ].join(' ');
}

/** The inputs as lines of YAML; they aren't wrapped, because people copy them. */
export function inputLines(inputs: Readonly<Record<string, string>>, indent = 0): readonly Line[] {
  return Object.entries(inputs).flatMap(([name, value]) => {
    if (!value.includes('\n')) return [{ label: `${name}: `, text: value, indent, isCode: true }];
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

/** A command for a shell within a line. */
const COMMAND = /\bmosquitto_pub -/;

/** The lines of a log, with groups indented and long ones cut; commands to copy aren't wrapped. */
export function logLines(log: readonly LogLine[]): readonly Line[] {
  const lines: Line[] = [];
  let inGroup = 0;
  const endGroup = () => {
    if (inGroup <= MOST_IN_GROUP) return;
    const text = `… and ${inGroup - MOST_IN_GROUP} more lines (--json shows all)`;
    lines.push({ text, indent: 2, style: 'dim' });
  };
  for (const { kind, inGroup: isInside, text } of log) {
    const line = { text, isCode: COMMAND.test(text) };
    if (!isInside) {
      endGroup();
      inGroup = 0;
      lines.push({ ...line, ...STYLES[kind] });
    } else {
      inGroup += 1;
      if (inGroup <= MOST_IN_GROUP) lines.push({ ...line, indent: 2, style: 'dim' });
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

/** Lists files, below the absolute path of the workspace that their paths are relative to. */
export function showFiles(
  screen: Screen,
  title: string,
  { workspace, files }: { readonly workspace: string; readonly files: readonly ShownFile[] },
): void {
  const lines = files.map(({ path: name, mode, size }) => {
    const isSecret = name.endsWith('.key');
    const text = `${mode} ${String(size).padStart(6)}  ${name}`;
    return isSecret ? { text, style: 'yellow' as const } : { text };
  });
  const folder: Line = { text: `${workspace}:`, style: 'dim' };
  screen.section(title, lines.length > 0 ? [folder, ...lines] : []);
}

/** Shows the outputs, with spaces in JSON so that it can be wrapped. */
export function showOutputs(screen: Screen, outputs: Readonly<Record<string, string>>): void {
  const shown = Object.entries(outputs).map(([name, value]) => [
    name,
    value.startsWith('[{') ? spaced(value) : value.replaceAll('\n', ', '),
  ]);
  screen.section('Outputs', pairs(Object.fromEntries(shown)));
}

function spaced(json: string): string {
  return JSON.stringify(JSON.parse(json), undefined, 1).replace(/\n\s*/g, ' ');
}

export function showSummary(screen: Screen, summary: string): void {
  const lines = summary === '' ? [] : markdownAsText(summary);
  screen.section('Job summary, which GitHub shows as a page', lines);
}

export function showRequests(screen: Screen, requests: DemoReport['requests']): void {
  const lines = requests.map(({ method, path: way }) => ({
    label: method.padEnd(8),
    text: decodeURIComponent(way),
  }));
  screen.section('Requests sent to Insights Hub', lines);
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
  const failed = code === undefined ? 'the action stopped early' : `the action failed: ${code}`;
  screen.line({ text: '' });
  screen.line({
    text: `Exit code ${exitCode}: ${isFine ? 'the action succeeded' : failed}.`,
    style: isFine ? ['bold', 'green'] : ['bold', 'red'],
  });
  for (const text of unmet) {
    const why = 'no call or connection that it applies to was made';
    screen.line({ text: `The fault ${text} did not happen: ${why}.`, style: 'yellow' });
  }
  if (isFine && !debug && faults.length + brokerFaults.length > unmet.length) {
    screen.line({ text: 'To see every attempt in the log, add --debug.', style: 'dim' });
  }
}

/** The faults that never happened, as they were typed. */
export function unmetFaults(
  { faults, brokerFaults }: DemoOptions,
  services: readonly (readonly object[])[],
  ofBroker: readonly object[] = brokerFaults,
): readonly string[] {
  // Each service starts with all of them and drops those that have happened.
  const unmet = faults.filter((fault) => services.every((left) => left.includes(fault)));
  const unmetByBroker = brokerFaults.filter((fault) => ofBroker.includes(fault));
  return [...unmet, ...unmetByBroker].map(({ text }) => text);
}
