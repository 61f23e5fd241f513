import { parse } from 'yaml';
import { type WorkflowStep, workflowOf } from './files.ts';

const PINNED = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;
const IMAGE = /^(?:docker:\/\/)?[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/;
/** Our own actions: by their path, and as their users name them. */
const OWN = /^(?:\.\/[\w./-]*|OWNER\/REPO(?:\/delete)?@v1)$/;

/** What is used, as written in the text, with the comment after it. */
export const usesIn = (text: string) =>
  [...text.matchAll(/^ +(?:- )?uses: (.*)$/gm)].map(([, uses = '']) => uses);

/** The rules that any place in a workflow can break, by zizmor's names for them where it has them. */
const FORBIDDEN: readonly (readonly [string, RegExp])[] = [
  ['dangerous-triggers', /\b(?:pull_request_target|workflow_run):?\s*$/m],
  ['bot-conditions', /github\.(?:actor|triggering_actor) ==/],
  ['secrets-inherit', /secrets: inherit/],
  ['overprovisioned-secrets', /toJSON\(\s*secrets\s*\)|secrets\[/i],
  ['unredacted-secrets', /fromJSON\(\s*secrets\./i],
  ['github-env', /GITHUB_(?:ENV|PATH)\b/],
  ['insecure-commands', /ACTIONS_ALLOW_UNSECURE_COMMANDS/],
  ['unsound-contains', /contains\(\s*'/],
  ['unsound-condition', /\bif: \|/],
  ['misfeature: cmd', /shell: cmd\b/],
  ['adhoc-packages', /\b(?:npm (?:i|install|add)|npx|yarn add|pnpm add|gem install)\b/],
];

/** What breaks the rules of this project in the text of a workflow. */
export function offences(text: string): readonly string[] {
  const { permissions, jobs } = workflowOf(text);
  const code = text.replaceAll(/^ *#.*$/gm, '');
  const found = FORBIDDEN.flatMap(([name, form]) => (form.test(code) ? [name] : []));
  if (JSON.stringify(permissions) !== '{}') found.push('permissions of all jobs');
  for (const uses of usesIn(text)) {
    if (![PINNED, IMAGE, OWN].some((form) => form.test(uses))) found.push(`not pinned: ${uses}`);
  }
  for (const [, image = ''] of text.matchAll(/^ +(?:container|image): (?!\$)(\S+)$/gm)) {
    if (!IMAGE.test(image)) found.push(`image not pinned: ${image}`);
  }
  for (const [line] of text.matchAll(/^ {6}[a-z-]+: (?:read|write)$/gm)) {
    if (line.trim() !== 'contents: read') found.push(`no reason for the permission:${line}`);
  }
  for (const [id, job] of Object.entries(jobs)) {
    const isCall = job.uses !== undefined;
    if (!isCall && !((job['timeout-minutes'] ?? 0) > 0)) found.push(`no time limit: ${id}`);
    found.push(...job.steps.flatMap(offencesOfStep).map((offence) => `${offence}: ${id}`));
  }
  return found;
}

function offencesOfStep({ uses = '', run = '', with: given = {} }: WorkflowStep) {
  const found: string[] = [];
  if (uses.startsWith('actions/checkout@') && given['persist-credentials'] !== false) {
    found.push('a checkout keeps its credentials');
  }
  if (run.includes('${{')) found.push('an expression in a script');
  if (uses.startsWith('actions/create-github-app-token@')) {
    const names = Object.keys(given);
    if (!names.some((name) => name.startsWith('permission-'))) {
      found.push('an App’s token with all its permissions');
    }
    if ('skip-token-revoke' in given || ('owner' in given && !('repositories' in given))) {
      found.push('an App’s token that is worth too much');
    }
  }
  return found;
}

/** What breaks the rules for workflows that run here, and are more than an example. */
export function offencesOfOurs(text: string): readonly string[] {
  const { name, jobs } = workflowOf(text);
  const { on, concurrency } = parse(text) as {
    readonly on: { readonly push?: { readonly tags?: unknown } };
    readonly concurrency?: { readonly 'cancel-in-progress'?: unknown };
  };
  const found: string[] = [];
  if (!name) found.push('no name');
  if (concurrency?.['cancel-in-progress'] === undefined) found.push('no limit of concurrency');
  for (const [id, job] of Object.entries(jobs)) {
    if (!job.name) found.push(`no name: ${id}`);
    const cached = job.steps.filter(
      ({ uses = '', with: given = {} }) =>
        uses.startsWith('actions/setup-node@') && given['package-manager-cache'] !== false,
    );
    if (on.push?.tags !== undefined && cached.length > 0) found.push(`a cache in a release: ${id}`);
  }
  return found;
}
