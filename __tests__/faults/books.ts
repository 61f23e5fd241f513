import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { OUTPUT_DIRECTORY, type Played, PRIVATE_KEY } from './play.ts';
import type { KeyPlace, Left } from './row.ts';

/** What exists after a step, by what the servers recorded and by the disk. */
export async function whatIsLeft(played: Played): Promise<Left> {
  const { hub } = played.sandbox;
  return {
    agents: hub.agents.size,
    assets: hub.assets.size,
    certificates: hub.certificates.size,
    secrets: played.github?.vault.secrets.size ?? 0,
    key: await keyPlaceOf(played),
  };
}

/** A file counts before a secret: it is where the step says that the key is. */
async function keyPlaceOf({ sandbox, github, result }: Played): Promise<KeyPlace> {
  const { hub, runner } = sandbox;
  const keys = hub.issued.map(({ privateKey }) => privateKey);
  const isSecret = keys.includes(github?.vault.secrets.get(PRIVATE_KEY) ?? '');
  // The delete action was given no key, and has no post step.
  if (!('journal' in result.state) && keys.length > 0) return isSecret ? 'secret' : 'removed';
  if (keys.length === 0) return 'none';
  const output = path.join(runner.workspace, OUTPUT_DIRECTORY);
  const found = async () => ({
    output: await holdsKey(output, keys),
    temporary: await holdsKey(runner.temporary, keys),
  });
  const before = await found();
  if (before.output || before.temporary) {
    // After a success, the post step deletes the files: other tests check that.
    if (result.exitCode === 0 && !before.temporary) return 'file';
    await sandbox.post(result);
    const after = await found();
    if (after.temporary) return 'temporary';
    if (after.output) return 'rescued';
    return 'file';
  }
  return isSecret ? 'secret' : 'lost';
}

/** Whether one of the keys is a file of a directory, unchanged. */
async function holdsKey(directory: string, keys: readonly string[]): Promise<boolean> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(
    files.map(({ parentPath, name }) => readFile(path.join(parentPath, name), 'utf8')),
  );
  return texts.some((text) => keys.includes(text));
}
