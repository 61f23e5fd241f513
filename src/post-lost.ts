import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { deleteFile } from './destinations/clean-up.ts';
import { agentFiles, FILE_KINDS } from './destinations/destination.ts';
import { checkDirectory, safeFileName } from './destinations/files.ts';
import type { Made } from './destinations/journal.ts';
import { digestOfFiles, type JournalState } from './destinations/journal-state.ts';
import { settingsOf } from './github/scopes.ts';
import type { Host } from './host/host.ts';
import { type LostInputs, readLostInputs } from './inputs/create.ts';
import { nameOfAgent, nameOfSetting, warnOfLeft } from './report/left.ts';

/**
 * Cleans up without the notes of the step, which are gone or can't be read. Deletes keys only, and
 * only if state and inputs prove that no other keys can be there. Names the rest.
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
  const deleted = isOwn ? await deleteKeys(host, inputs) : [];
  for (const file of deleted) host.info(`Deleted ${file}`);
  const names = await namesOf(inputs, []);
  const doubt = isSame ? '' : ', which have changed since the step ran';
  if (names.length === 0 && isSame) host.info(`${lost} No files of its agents are left.`);
  else warnOfLeft(host, `${lost} According to the inputs${doubt}, this may be left:`, names);
}

/** Warns of changed notes; `kept` are the files that stay because of that. */
export async function nameLost(
  host: Host,
  made: readonly Made[],
  kept: readonly string[],
): Promise<void> {
  const names = [...kept, ...(await namesOf(await readLostInputs(host), made))];
  const why = kept.length === 0 ? '' : ' No key was deleted, because one of them had to be kept.';
  warnOfLeft(
    host,
    `Lines of this step's notes are missing or were changed.${why} According to the inputs, this may be left:`,
    [...new Set(names)],
  );
}

/** Deletes the private keys of all agents, and returns their paths. */
async function deleteKeys(host: Host, { files }: LostInputs): Promise<readonly string[]> {
  const { outputDirectory: directory, clientIds } = files;
  const deleted: string[] = [];
  try {
    checkDirectory({ directory, workspace: path.resolve(host.workspace) });
    for (const clientId of clientIds) {
      const name = `${safeFileName(clientId)}${FILE_KINDS.privateKey.ending}`;
      const file = path.join(directory, name);
      if (!(await isRegular(file))) continue;
      await deleteFile(file);
      deleted.push(file);
    }
  } catch {
    // The remaining files are named.
  }
  return deleted;
}

/** What the inputs name and the notes don't: existing files, and what only a service knows. */
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
