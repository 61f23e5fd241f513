import { spawnSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import type { DeviceServices } from './device-services.ts';

/** The image that the recipes use. */
const THEIR_IMAGE = /alpine:[\d.]+@sha256:[0-9a-f]{64}/g;

/** A Docker daemon and a base image, as `.ci/docker start` prints them. */
export interface Docker {
  /** the path of the client */
  readonly client: string;
  readonly host: string;
  /** takes the place of the image of the recipes, which no registry gives to a test */
  readonly image: string;
  /** whether there is Docker Compose, as a plugin or as a program of its own */
  readonly hasCompose: boolean;
}

/**
 * What is available to try recipes with; undefined if `.ci/docker start` was not run, or failed.
 */
export function findDocker(): Docker | undefined {
  const {
    RECIPES_DOCKER: client,
    RECIPES_DOCKER_HOST: host,
    RECIPES_IMAGE: image,
  } = process.env as Readonly<Record<string, string | undefined>>;
  if (!client || !host || !image) return undefined;
  const hasPlugin = spawnSync(client, ['compose', 'version']).status === 0;
  const hasCompose = hasPlugin || spawnSync('docker-compose', ['--version']).status === 0;
  return { client, host, image, hasCompose };
}

/** Puts `docker`, `docker compose` and `sudo` on the PATH of the steps. */
export async function addDocker(devices: DeviceServices, docker: Docker): Promise<void> {
  const { client, host } = docker;
  await devices.addTool(
    'docker',
    `#!/bin/sh
export DOCKER_HOST='${host}'
if [ "$1" = compose ] && ! '${client}' compose version > /dev/null 2>&1; then
  shift
  exec docker-compose "$@"
fi
exec '${client}' "$@"
`,
  );
  if (process.getuid?.() === 0) await devices.addTool('sudo', '#!/bin/sh\nexec "$@"\n');
}

/** A recipe with the base image. */
export function withImage(recipe: string, { image }: Docker): string {
  return recipe.replaceAll(THEIR_IMAGE, image);
}

/** Returns what the client prints. Throws with its error messages. */
export function docker({ client, host }: Docker, ...args: readonly string[]): Buffer {
  const env = { ...process.env, DOCKER_HOST: host };
  const { status, stdout, stderr } = spawnSync(client, args, { env, maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`docker ${args[0]}: ${stderr.toString()}`);
  return stdout;
}

/** The size of the blocks that a tar file consists of, in bytes. */
const BLOCK = 512;

/** All that an image is made of, as text: its layers, its configuration and its history. */
export function contentsOf(from: Docker, name: string): readonly string[] {
  const files = filesIn(docker(from, 'save', name)).map((content) => {
    const isZipped = content[0] === 0x1f && content[1] === 0x8b;
    return (isZipped ? gunzipSync(content) : content).toString('latin1');
  });
  const history = docker(from, 'history', '--no-trunc', name).toString();
  return [...files, history, docker(from, 'inspect', name).toString()];
}

/** The files in a tar file. */
function filesIn(tar: Buffer): readonly Buffer[] {
  const files: Buffer[] = [];
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8);
    files.push(tar.subarray(at + BLOCK, at + BLOCK + size));
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
