import { type FaultName, faultOf } from './faults.ts';
import { matrix } from './matrix.ts';
import type { KeyPlace, Left, Row, Section } from './row.ts';

const INTRODUCTION = `# When something fails

Networks break, services answer strangely, disks fill up. These tables say what becomes of a step then: how it ends, how often the action asked, what exists afterwards, and where the private key is.

The tables are made from the same source as the tests, with \`npm run docs\`. The tests run the bundled actions through every line, against an embedded Insights Hub and an embedded GitHub that fail in just this way, and compare the line with the servers' own books and with the disk.

Five rules are behind most lines:

- **What is safe to repeat is repeated**, up to 4 more times, with growing waits, as long as \`timeout\` allows. What a service asks for in \`Retry-After\` is honoured.
- **A quota is no failure.** When Insights Hub's APIs ask to slow down (429, or 403 and 503 with \`Retry-After\`), the action waits for as long as they ask, or else 30 s. That uses up neither a try nor \`timeout\`. It gives up when it would have waited for more than 10 minutes without a success in between; a longer wait is not begun.
- **A create that may have been processed is not sent again blindly.** The private key is in its answer and nowhere else, so the agent is looked up first.
- **An issued key finds a place.** If no destination takes it, it is saved in the output directory, or else under the runner's temporary directory, and the message says where. What only helps (the mode of the certificate, \`.gitignore\`) stops neither.
- **What HTTP allows is understood.** Informational answers (1xx), also a 100 that nobody asked for; bodies compressed with \`gzip\`, \`br\` or \`deflate\`, though none is asked for; headers of up to 64 KiB; chunks of any size. An answer counts decompressed (1 MiB) and with its framing (2 MiB); a page of the list of certificates may have 16 MiB. Each address of a host has 2 s to take the connection before the next one is tried.

How to read the tables:

| Column | What it says |
| --- | --- |
| What goes wrong | Several faults in one line have the same end. Unless it is said otherwise, the service has processed nothing when it answers with an error |
| How often | \`once\`: one request meets the fault, and the next ones are answered as usual. \`every time\`: all requests of this kind meet it |
| Ends with | \`success\`, or one of the [failure codes](troubleshooting.md#failure-codes) |
| Requests | How many requests of this kind the action makes, with those that don't get a connection |
| What exists | Agents, certificates and assets at Insights Hub, and secrets at GitHub, when the step is over |
| Private key | Where it is then. A key that is *lost* was issued, and nobody has it: the agent has to be ended. A key that was *saved* stays when the job ends, until the runner is emptied |

In the create action's tables one agent is created, with its files as the only destination, or with GitHub's secrets where the heading names them. In those of the delete action, one agent is ended that has a certificate, an asset and two secrets. \`timeout\` is as it is by default, but 60 s where no answer comes every time: one attempt waits 30 s for it.
`;

/** The page that shows the matrix, as Markdown. */
export function makePage(): string {
  return [INTRODUCTION, ...matrix.map(sectionOf)].join('\n');
}

function sectionOf({ title, about, rows }: Section): string {
  const head = [
    '| What goes wrong | How often | Ends with | Requests | What exists | Private key |',
    '| --- | --- | --- | --- | --- | --- |',
  ];
  return [`## ${title}`, '', about, '', ...head, ...rows.map(lineOf), ''].join('\n');
}

function lineOf([faults, times, ends, requests, left]: Row): string {
  const cells = [
    linesOf(faults).join('<br>'),
    times === 'once' ? 'once' : 'every time',
    `\`${ends}\``,
    String(requests),
    existing(left),
    KEYS[left.key],
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The faults in words; plain statuses share a line. */
function linesOf(faults: readonly FaultName[]): readonly string[] {
  const phrases = faults.map((name) => faultOf(name).phrase);
  const isPlain = (phrase: string) => /^HTTP \d+$/.test(phrase);
  const statuses = phrases.filter(isPlain).map((phrase) => phrase.slice('HTTP '.length));
  const together = statuses.length > 0 ? [`HTTP ${statuses.join(', ')}`] : [];
  return [...phrases.filter((phrase) => !isPlain(phrase)), ...together].map(capital);
}

function existing({ agents, assets, certificates, secrets }: Left): string {
  const things = [
    counted(agents, 'agent'),
    counted(certificates, 'certificate'),
    counted(assets, 'asset'),
    counted(secrets, 'secret'),
  ].filter((thing) => thing !== '');
  return things.join(', ') || 'nothing';
}

function counted(count: number, noun: string): string {
  if (count === 0) return '';
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}

const KEYS: Readonly<Record<KeyPlace, string>> = {
  none: 'none was issued',
  file: 'in its file',
  secret: 'in its secret',
  rescued: 'saved in the output directory',
  temporary: 'saved under `RUNNER_TEMP`',
  lost: '*lost*',
  removed: 'removed',
};

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
