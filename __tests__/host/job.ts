import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { EOL, tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished, vi } from 'vitest';

/** The environment without a runner, as when somebody starts the action manually. */
export const NO_RUNNER = {
  GITHUB_ACTIONS: '',
  GITHUB_OUTPUT: '',
  GITHUB_STATE: '',
  RUNNER_TEMP: '',
};

/** What a step in this process prints and writes, as seen by a runner's job. */
export async function startJob(variables: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'job-'));
  const fileOf = (name: string) => path.join(folder, name);
  const files = ['GITHUB_OUTPUT', 'GITHUB_STATE'];
  for (const name of files) await writeFile(fileOf(name), '');
  const given = {
    GITHUB_ACTIONS: 'true',
    ...{ RUNNER_DEBUG: '', RUNNER_TEMP: '', RUNNER_ENVIRONMENT: '' },
    ...{ ACT: '', GITEA_ACTIONS: '', FORGEJO_ACTIONS: '' },
    ...Object.fromEntries(files.map((name) => [name, fileOf(name)])),
    ...variables,
  };
  for (const [name, value] of Object.entries(given)) vi.stubEnv(name, value);
  let printed = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  onTestFinished(async () => {
    write.mockRestore();
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  return {
    folder,
    lines: () => printed.split(EOL).filter(Boolean),
    read: (name: string) => readFile(fileOf(name), 'utf8'),
  };
}

const EVENTS = [
  'uncaughtException',
  'beforeExit',
  'warning',
  'SIGINT',
  'SIGTERM',
  'SIGUSR1',
] as const;

/** Puts the process back as it is now when the test is over, and gives the listeners added since. */
export function guardProcess() {
  const before = new Map(EVENTS.map((event) => [event, process.rawListeners(event)]));
  const { exitCode } = process;
  onTestFinished(() => {
    process.exitCode = exitCode;
    for (const event of EVENTS) {
      process.removeAllListeners(event);
      for (const listener of before.get(event) ?? []) process.on(event, listener as () => void);
    }
  });
  return (event: (typeof EVENTS)[number]) =>
    process.rawListeners(event).filter((listener) => !before.get(event)?.includes(listener));
}
