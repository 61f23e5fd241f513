import { workflowOf } from './files.ts';

const PINNED = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;
const IMAGE = /^docker:\/\/[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/;
/** Our own actions: by their path, and as their users name them. */
const OWN = /^(?:\.\/[\w./-]*|OWNER\/REPO(?:\/delete)?@v1)$/;

/** What is used, as it stands in the text, with the comment behind it. */
export const usesIn = (text: string) =>
  [...text.matchAll(/^ +(?:- )?uses: (.*)$/gm)].map(([, uses = '']) => uses);

/** What breaks the rules of this project in the text of a workflow. */
export function offences(text: string): readonly string[] {
  const { permissions, jobs } = workflowOf(text);
  const found: string[] = [];
  if (JSON.stringify(permissions) !== '{}') found.push('permissions of all jobs');
  for (const uses of usesIn(text)) {
    if (![PINNED, IMAGE, OWN].some((form) => form.test(uses))) found.push(`not pinned: ${uses}`);
  }
  for (const [id, job] of Object.entries(jobs)) {
    const isCall = job.uses !== undefined;
    if (!isCall && !((job['timeout-minutes'] ?? 0) > 0)) found.push(`no time limit: ${id}`);
    for (const { uses = '', run = '', with: given = {} } of job.steps) {
      if (uses.startsWith('actions/checkout@') && given['persist-credentials'] !== false) {
        found.push(`a checkout keeps its credentials: ${id}`);
      }
      if (run.includes('${{')) found.push(`an expression in a script: ${id}`);
    }
  }
  return found;
}
