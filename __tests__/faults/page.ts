import { faultOf } from './faults.ts';
import { creating, deleting, delivering } from './matrix.ts';
import { together } from './phrases.ts';
import type { KeyPlace, Left, Row, Section } from './row.ts';

const INTRODUCTION = `# When something fails

Networks break, services answer strangely, disks fill up. These tables show what happens to a step then: how it ends, how many requests it sends, what exists afterwards, and where the private key is.

The tables and the tests have the same source. The tests run the bundled actions through every line, against an embedded Insights Hub and GitHub that fail in exactly this way, and compare the result with what the servers recorded and what is on the disk.

Five rules explain most lines:

- **Requests that are safe to repeat are retried**, up to 4 more times, with growing waits, within \`timeout\`. \`Retry-After\` is honoured.
- **Running into a quota is not a failure.** If Insights Hub's APIs ask to slow down (429, or 403 and 503 with \`Retry-After\`), the action waits for as long as they ask, or else 30 s. Waiting uses up neither a retry nor \`timeout\`. The action gives up when it would have waited for more than 10 minutes without a success in between. It does not begin a longer wait.
- **A create that may have been processed is not blindly sent again.** The private key is only in its answer, so the agent is looked up first.
- **An issued key is always saved somewhere, if the disk allows.** If no destination takes it, it is saved in the output directory, or else under the runner's temporary directory, and the message says where. A failure of something that only helps (the mode of the certificate, \`.gitignore\`) stops neither.
- **Whatever HTTP allows is understood**: informational answers (1xx), even an unrequested 100; bodies compressed with \`gzip\`, \`br\` or \`deflate\`, although none is requested; headers of up to 64 KiB; chunks of any size. The limit for an answer is 1 MiB decompressed and 2 MiB with its framing; a page of the list of certificates may have 16 MiB. Each address of a host has 2 s to accept the connection before the next one is tried.

## How to read the tables

| Column | Meaning |
| --- | --- |
| What goes wrong | Faults with the same result share a line. Unless the line says otherwise, the service has not processed a request that it answers with an error. |
| How often | *Once*: one request meets the fault, and the next ones are answered normally. *Always*: all requests of this kind meet it. |
| What the step does | Whether it succeeds or fails, and with which [failure code](troubleshooting.md#failure-codes). The number of requests counts only those that the section is about, including attempts without a connection. |
| What exists | Agents, certificates and assets at Insights Hub, and secrets at GitHub, when the step is over. |
| Private key | Where it is then. A *lost* key was issued, but nobody has it: delete the agent. A *saved* key stays when the job ends, until the runner is emptied. |

In the sections on creating, one agent is created, with files as the only destination, or with GitHub secrets if the heading names them. In those on deleting, one agent is deleted that has a certificate, an asset and two secrets. \`timeout\` has its default, but 60 s where an answer never comes: one attempt waits 30 s for it.
`;

const PARTS: readonly (readonly [title: string, sections: readonly Section[]])[] = [
  ['Creating the agent', creating],
  ['Delivering the key and certificate', delivering],
  ['Deleting the agent', deleting],
];

/** The page that shows the matrix, as Markdown. */
export function makePage(): string {
  const contents = PARTS.flatMap(([title, sections]) => [
    `- ${title}`,
    ...sections.map((section) => `  - [${section.title}](#${anchorOf(section.title)})`),
  ]);
  const parts = PARTS.flatMap(([title, sections]) => [`## ${title}\n`, ...sections.map(sectionOf)]);
  return [INTRODUCTION, ...contents, '', ...parts].join('\n');
}

/** What GitHub calls a heading in links. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

function sectionOf({ title, about, rows }: Section): string {
  const head = [
    '| What goes wrong | How often | What the step does | What exists | Private key |',
    '| --- | --- | --- | --- | --- |',
  ];
  return [`### ${title}`, '', about, '', ...head, ...merged(rows).map(lineOf), ''].join('\n');
}

/** Rows that differ in their faults only, as one. */
function merged(rows: readonly Row[]): readonly Row[] {
  const ends = new Map<string, Row>();
  for (const [faults, ...end] of rows) {
    const key = JSON.stringify(end);
    ends.set(key, [[...(ends.get(key)?.[0] ?? []), ...faults], ...end]);
  }
  return [...ends.values()];
}

function lineOf([faults, times, ends, requests, left]: Row): string {
  const cells = [
    together(faults.map(faultOf)).map(capital).join('<br>'),
    times,
    `${ends === 'success' ? 'succeeds' : `fails: \`${ends}\``}, ${requestsIn(requests)}`,
    existing(left),
    KEYS[left.key],
  ];
  return `| ${cells.join(' | ')} |`;
}

function requestsIn(count: number): string {
  return counted(count, 'request') || 'no request';
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
  none: 'not issued',
  file: 'in its file',
  secret: 'in its secret',
  rescued: 'saved in the output directory',
  temporary: 'saved under `RUNNER_TEMP`',
  lost: '*lost*',
  removed: 'deleted',
};

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
