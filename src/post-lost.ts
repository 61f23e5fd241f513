import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { removeFile } from './destinations/clean-up.ts';
import { agentFiles, FILE_KINDS } from './destinations/destination.ts';
import { checkDirectory, safeFileName } from './destinations/files.ts';
import type { Made } from './destinations/journal.ts';
import { digestOfFiles, type JournalState } from './destinations/journal-state.ts';
import { settingsOf } from './github/scopes.ts';
import type { Host } from './host/host.ts';
import { type LostInputs, readLostInputs } from './inputs/create.ts';
import { nameOfAgent, nameOfSetting, warnOfLeft } from './report/left.ts';

/**
 * Cleans up without the notes of the step: they are gone, or can't be read. Only keys are removed,
 * and only where the state and the inputs prove that no others can be there. Names the rest.
 */
export async function cleanUpLost(host: Host, state: JournalState, code: string): Promise<void> {
  const lost =
    code === 'ENOENT'
      ? "The notes of this step are gone: the runner's temporary directory was emptied, or this clean-up ran before."
      : `The notes of this step can't be read (${code}).`;
  if (!state.rehearsed) {
    host.info(`${lost} Nothing was created, so there is nothing to clean up.`);
    return;
  }
  const inputs = await readLostInputs(host);
  const isSame = digestOfFiles(inputs.files, state.key) === state.digests.files;
  const { toWorkspace, keepFiles, ifExists } = inputs.files;
  const isOwn = isSame && !state.keepsKey && toWorkspace && !keepFiles && ifExists === 'fail';
  const removed = isOwn ? await removeKeys(host, inputs) : [];
  for (const file of removed) host.info(`Removed ${file}`);
  const names = await namesOf(inputs, []);
  const doubt = isSame ? '' : ', which are not those that the step ran with any more';
  if (names.length === 0 && isSame) host.info(`${lost} No files of its agents are there any more.`);
  else warnOfLeft(host, `${lost} This may be left after the job, by the inputs${doubt}:`, names);
}

/** Tells of notes that were changed; `kept` are the files that stay because of that. */
export async function nameLost(
  host: Host,
  made: readonly Made[],
  kept: readonly string[],
): Promise<void> {
  const names = [...kept, ...(await namesOf(await readLostInputs(host), made))];
  const why = kept.length === 0 ? '' : ' No key was removed, because one was to be kept.';
  warnOfLeft(
    host,
    `Lines are missing in the notes of this step, or were changed.${why} This may be left after the job, by the inputs:`,
    [...new Set(names)],
  );
}

/** Removes the private keys of all agents, and returns their paths. */
async function removeKeys(host: Host, { files }: LostInputs): Promise<readonly string[]> {
  const { outputDirectory: directory, clientIds } = files;
  const removed: string[] = [];
  try {
    checkDirectory({ directory, workspace: path.resolve(host.workspace) });
    for (const clientId of clientIds) {
      const name = `${safeFileName(clientId)}${FILE_KINDS.privateKey.ending}`;
      const file = path.join(directory, name);
      if (!(await isRegular(file))) continue;
      await removeFile(file);
      removed.push(file);
    }
  } catch {
    // What is still there is named.
  }
  return removed;
}

/** What the inputs name and the notes don't: files that are there, and what only its service knows. */
async function namesOf(
  { agents, several, files, ephemeral, github }: LostInputs,
  made: readonly Made[],
): Promise<readonly string[]> {
  const noted = new Set(
    made.flatMap((entry) => {
      if (entry.kind === 'agent') return nameOfAgent({ clientId: entry.clientId });
      return entry.kind === 'setting' ? nameOfSetting(entry.setting) : entry.path;
    }),
  );
  const endings = [...agentFiles('essential'), ...agentFiles('helpful')].map(
    ({ ending }) => ending,
  );
  const paths = files.clientIds.flatMap((clientId) =>
    endings.map((ending) => path.join(files.outputDirectory, `${safeFileName(clientId)}${ending}`)),
  );
  const isThere = await Promise.all(paths.map(isRegular));
  const staying = files.toWorkspace && !files.keepFiles ? paths.filter((_, at) => isThere[at]) : [];
  const settings = agents.flatMap(({ name }) =>
    github ? settingsOf(name, github, { several }) : [],
  );
  const services = [
    ...files.clientIds.map((clientId) => nameOfAgent({ clientId })),
    ...settings.map(nameOfSetting),
  ];
  return [...staying, ...(ephemeral ? services : [])].filter((name) => !noted.has(name));
}

async function isRegular(file: string): Promise<boolean> {
  return lstat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}
