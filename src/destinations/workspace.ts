import { randomUUID } from 'node:crypto';
import { lstat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import type { AgentRequest, IssuedCertificate } from '../insights-hub/agent-certificates.ts';
import type { Delivery, DeliveryReport, Destination } from './destination.ts';
import { cannot, checkDirectory, makeDirectory, type Place } from './directory.ts';
import { safeFileName } from './file-name.ts';
import type { MadeFile, MadeLog } from './journal.ts';
import { makeFiles, type NewFile } from './new-files.ts';

export interface WorkspaceOptions extends Place {
  /** Learns of what the post step is to remove. */
  readonly made: MadeLog<MadeFile>;
  /** Learns of half-written files, which are to go in any case. */
  readonly drafts: MadeLog<MadeFile>;
}

interface Paths {
  readonly certificatePath: string;
  readonly privateKeyPath: string;
}

/** Files in a directory: `<clientId>.key` for the owner's eyes only, and `<clientId>.pem`. */
export class Workspace implements Destination {
  readonly #options: WorkspaceOptions;

  constructor(options: WorkspaceOptions) {
    this.#options = options;
  }

  async prepare(agents: readonly AgentRequest[]): Promise<void> {
    await makeDirectory(this.#options, this.#options.made);
    await this.#refuseExisting(agents);
    await this.#probe();
  }

  async deliver(issued: IssuedCertificate): Promise<DeliveryReport> {
    try {
      await checkDirectory(this.#options);
      for (const name of namesFor(issued)) {
        const delivery = this.#paths(name);
        if (await this.#make(filesOf(issued, delivery))) return { delivery, isKept: true };
      }
      throw new Error('no name is free');
    } catch (error) {
      const { directory } = this.#options;
      const why =
        error instanceof Failure
          ? error.message
          : `The files could not be written to ${directory} (${errorCode(error)}).`;
      const failure = new Failure('delivery-failed', why, { cause: error });
      return { delivery: {}, isKept: false, failure };
    }
  }

  async keep({ certificatePath, privateKeyPath }: Delivery): Promise<void> {
    for (const file of [certificatePath, privateKeyPath]) {
      if (file !== undefined) await this.#options.made.note({ kind: 'kept', path: file });
    }
  }

  #paths(name: string): Paths {
    const base = path.join(this.#options.directory, name);
    return { certificatePath: `${base}.pem`, privateKeyPath: `${base}.key` };
  }

  /** Gives false when one of the names is taken. */
  async #make(files: readonly NewFile[]): Promise<boolean> {
    try {
      await makeFiles(files, this.#options);
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    }
  }

  async #refuseExisting(agents: readonly AgentRequest[]): Promise<void> {
    const paths = agents.flatMap((agent) =>
      Object.values(this.#paths(safeFileName(agent.expectedClientId))),
    );
    const found: string[] = [];
    for (const file of paths) if (await isThere(file)) found.push(file);
    if (found.length === 0) return;
    throw new Failure(
      'destination-invalid',
      `Files of these agents are there already and are never overwritten: ${found.join(', ')}. Remove them, or choose another \`output-directory\`.`,
    );
  }

  /** A file that is made and removed shows what no look at modes can: quotas, read-only mounts. */
  async #probe(): Promise<void> {
    const probe = path.join(this.#options.directory, `.${randomUUID()}.probe`);
    const files = [{ path: probe, content: 'probe', mode: 0o600 }];
    try {
      await makeFiles(files, { made: this.#options.drafts, drafts: this.#options.drafts });
      await unlink(probe);
    } catch (error) {
      throw cannot('write to', this.#options.directory, error);
    }
  }
}

/** The client id; should its files be there against expectation, names that are the key's own. */
function namesFor({ clientId, certificateId, fingerprint }: IssuedCertificate): readonly string[] {
  const name = safeFileName(clientId);
  const id = safeFileName(certificateId ?? fingerprint.replaceAll(':', ''));
  return [name, `${name}-${id.slice(0, 64)}`, `${name}-${randomUUID()}`];
}

function filesOf(issued: IssuedCertificate, paths: Paths): readonly NewFile[] {
  return [
    { path: paths.privateKeyPath, content: issued.privateKey, mode: 0o600 },
    { path: paths.certificatePath, content: issued.certificate, mode: 0o644 },
  ];
}

async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw cannot('look at', file, error);
  }
}
