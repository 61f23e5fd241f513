import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Launch } from '../../sandbox/runner/runner.ts';
import type { StepRun } from './other-actions.ts';
import { type Child, type Command, collect } from './shell.ts';
import type { Container, Job, Values } from './workflow-file.ts';

const run = promisify(execFile);

/** Where the job's directories, the actions and Node are in its container. */
const WORK = '/__w';
const ACTIONS = '/__w_actions';
const NODE = '/__e/node';

/** How long one command of Docker may take, in milliseconds. */
const TIMEOUT = 60_000;

/** What a job's containers see of this machine. */
export interface Mounts {
  /** the directory of the job, with its workspace and temporary directory */
  readonly job: string;
  readonly workspace: string;
  /** the directory of our actions */
  readonly actions: string;
}

/**
 * The containers of a job, run by the `docker` on the PATH: one for its steps, if it asks for one,
 * and its services. As on GitHub, the steps' container has the job's directories under another
 * path, and variables name them as they are there, while the contexts keep the machine's paths.
 * Unlike there, it shares the machine's network, because the embedded services are on loopback.
 */
export class Containers {
  #steps: string | undefined;
  readonly #services = new Map<string, string>();
  readonly #mounts: Mounts;

  private constructor(mounts: Mounts) {
    this.#mounts = mounts;
  }

  /** Starts what the job asks for. Throws if Docker can't, after it has removed what was started. */
  static async start({ container, services = {} }: Job, mounts: Mounts): Promise<Containers> {
    const containers = new Containers(mounts);
    try {
      for (const [id, service] of Object.entries(services)) {
        containers.#services.set(id, await start(service));
      }
      if (container !== undefined) containers.#steps = await start(container, mounts);
      return containers;
    } catch (error) {
      await containers.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    const started = [...this.#services.values(), ...(this.#steps ? [this.#steps] : [])];
    if (started.length > 0) await run('docker', ['rm', '--force', ...started]);
  }

  /** The context `job.services`. */
  get services(): Readonly<Record<string, { readonly id: string }>> {
    return Object.fromEntries(
      [...this.#services].map(([id, container]) => [id, { id: container }]),
    );
  }

  /** Runs a command in the steps' container; undefined if there is none. */
  get command(): Command | undefined {
    const container = this.#steps;
    if (container === undefined) return undefined;
    return (args, cwd, env) => {
      const options = Object.entries(this.#inside(env)).flatMap(([name, value]) => [
        ...['--env', `${name}=${value}`],
      ]);
      const words = ['--workdir', this.#path(cwd), ...options, container];
      return startDocker(['exec', ...words, ...args.map((word) => this.#path(word))]);
    };
  }

  /** Runs an entry of an action in the steps' container; undefined if there is none. */
  get launch(): Launch | undefined {
    const { command } = this;
    if (command === undefined) return undefined;
    return (script, cwd, env) => collect(command([NODE, script], cwd, env));
  }

  /** Plays a step that uses an image: a container of its own, which has the workspace. */
  async playImage(image: string, inputs: Values): Promise<StepRun> {
    const { entrypoint, args = '' } = inputs;
    const workspace = `${this.#mounts.workspace}:/github/workspace`;
    const words = ['--rm', '--workdir', '/github/workspace', '--volume', workspace];
    const started = entrypoint === undefined ? [] : ['--entrypoint', entrypoint];
    const all = ['run', ...words, ...started, image, ...args.split(' ').filter(Boolean)];
    const ended = await collect(startDocker(all));
    const log = [ended.stderr, ended.stdout].flatMap((text) => text.split('\n').filter(Boolean));
    return { passed: ended.exitCode === 0, outputs: {}, log };
  }

  /** The variables as they are in the container, which has a PATH of its own. */
  #inside({ PATH: _, HOME: __, ...env }: Values): Values {
    const entries = Object.entries(env).map(([name, value]) => {
      return [name, /^(?:GITHUB|RUNNER)_/.test(name) ? this.#path(value) : value] as const;
    });
    return Object.fromEntries(entries);
  }

  #path(place: string): string {
    const { job, actions } = this.#mounts;
    return place.replace(job, WORK).replace(actions, ACTIONS);
  }
}

function startDocker(args: readonly string[]): Child {
  return spawn('docker', args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT });
}

/** Starts a container and returns its id; with mounts, one that waits for the steps of a job. */
async function start(container: string | Container, mounts?: Mounts): Promise<string> {
  const { image, options = '' } = typeof container === 'string' ? { image: container } : container;
  const words = options.split(' ').filter(Boolean);
  const { stdout } =
    mounts === undefined
      ? await run('docker', ['run', '--detach', ...words, image], { timeout: TIMEOUT })
      : await run('docker', [...RUN, ...volumesOf(mounts), ...words, image, ...WAIT], {
          timeout: TIMEOUT,
        });
  return stdout.trim();
}

const RUN = ['run', '--detach', '--network', 'host', '--entrypoint', 'tail'];
const WAIT = ['-f', '/dev/null'];

function volumesOf({ job, actions }: Mounts): readonly string[] {
  const node = path.dirname(process.execPath);
  const volumes = [
    `${job}:${WORK}`,
    `${actions}:${ACTIONS}:ro`,
    `${node}:${path.dirname(NODE)}:ro`,
  ];
  return volumes.flatMap((volume) => ['--volume', volume]);
}
