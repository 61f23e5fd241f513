import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Network } from '../network/network.ts';
import { type ActionRun, timeAction } from '../processes/action-process.ts';
import { OURS } from '../processes/build.ts';
import { actionRun } from './jobs.ts';

/** The distance of the profiled jobs, in milliseconds of round trip. */
const AT = 50;

/** Writes a CPU profile of each kind of run with this build, to folders of a directory. */
export async function profileRuns(network: Network, directory: string): Promise<void> {
  await network.setRoundTrip(AT);
  const runs: Readonly<Record<string, ActionRun>> = {
    failing: { inputs: {}, entry: OURS.create, exitCode: 1 },
    post: { inputs: {}, entry: OURS.post },
    files: actionRun(network, 'files', OURS.create),
    secrets: actionRun(network, 'secrets', OURS.create),
  };
  for (const [name, run] of Object.entries(runs)) {
    const profile = path.join(directory, name);
    await mkdir(profile, { recursive: true });
    await timeAction({ ...run, profile });
  }
}
