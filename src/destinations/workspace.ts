import { randomUUID } from 'node:crypto';
import { lstat, readdir, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import type { AgentRequest, IssuedCertificate } from '../insights-hub/agent-certificates.ts';
import type { Broker } from '../mqtt/broker.ts';
import { mqttxConnection } from '../mqtt/mqttx.ts';
import type { Delivery, DeliveryReport, Destination } from './destination.ts';
import { cannot, directoryCheck, makeDirectory, type Place } from './directory.ts';
import { safeFileName } from './file-name.ts';
import { forgetful, type MadeFile, type MadeLog } from './journal.ts';
import { type FileLogs, makeFiles, type NewFile } from './new-files.ts';

/** What a connection file tells beside the device's own files. */
export interface ConnectionSettings {
  readonly broker: Broker;
  /** PEM */
  readonly authorities: () => Promise<string>;
}

export interface WorkspaceOptions extends Place, FileLogs {
  /** nothing where no connection files are to be written */
  readonly connection?: ConnectionSettings | undefined;
}

interface Paths {
  readonly certificatePath: string;
  readonly privateKeyPath: string;
}

/**
 * Files in a directory: `<clientId>.key` for the owner's eyes only, `<clientId>.pem`, and perhaps
 * `<clientId>.mqttx.json`, a connection that names both.
 */
export class Workspace implements Destination {
  readonly #options: WorkspaceOptions;
  readonly #checkDirectory: () => void;
  #brokerCa: Promise<string> | undefined;

  constructor(options: WorkspaceOptions) {
    this.#options = options;
    this.#checkDirectory = directoryCheck(options);
  }

  async prepare(agents: readonly AgentRequest[]): Promise<void> {
    makeDirectory(this.#options);
    await this.#refuseExisting(agents);
    // Without agents it is a rescue, for which any place is better than none.
    if (agents.length === 0) return;
    await this.#probe();
    // Reading a system's CAs blocks: requests go out first, and their answers take longer.
    setImmediate(() => void this.#options.connection?.authorities().catch(() => {}));
  }

  async deliver(issued: IssuedCertificate): Promise<DeliveryReport> {
    try {
      this.#checkDirectory();
      for (const name of namesFor(issued)) {
        const paths = this.#paths(name);
        if (this.#make(filesOf(issued, paths))) return await this.#connect(issued, paths);
      }
      throw new Error('no name is free');
    } catch (error) {
      return { delivery: {}, isKept: false, failure: this.#failure('The files', error) };
    }
  }

  async keep(delivery: Delivery): Promise<void> {
    const { certificatePath, privateKeyPath, mqttxPath, brokerCaPath } = delivery;
    for (const file of [certificatePath, privateKeyPath, mqttxPath, brokerCaPath]) {
      if (file !== undefined) this.#options.made.note({ kind: 'kept', path: file });
    }
  }

  /** Adds the connection file. Key and certificate are there already, whatever comes of it. */
  async #connect({ clientId }: IssuedCertificate, paths: Paths): Promise<DeliveryReport> {
    const { connection } = this.#options;
    if (connection === undefined) return { delivery: paths, isKept: true };
    try {
      this.#brokerCa ??= this.#makeBrokerCa(connection);
      const brokerCaPath = await this.#brokerCa.catch((error: unknown) => {
        // The next agent may have more luck.
        this.#brokerCa = undefined;
        throw error;
      });
      const mqttxPath = this.#makeFree(mqttxPathOf(paths), {
        content: mqttxConnection({
          id: randomUUID(),
          clientId,
          broker: connection.broker,
          files: {
            authorities: brokerCaPath,
            certificate: paths.certificatePath,
            privateKey: paths.privateKeyPath,
          },
        }),
        mode: 0o644,
      });
      return { delivery: { ...paths, mqttxPath, brokerCaPath }, isKept: true };
    } catch (error) {
      const failure = this.#failure('The connection file', error);
      return { delivery: paths, isKept: true, failure };
    }
  }

  /** The CAs that connection files name: one file for all of them, also for those of other steps. */
  async #makeBrokerCa({ authorities }: ConnectionSettings): Promise<string> {
    const content = await authorities();
    const file = path.join(this.#options.directory, 'broker-ca.pem');
    if (await hasContent(file, content)) return file;
    return this.#makeFree(file, { content, mode: 0o644 }, shared(this.#options.made));
  }

  /** Makes a file under a name, or under one that nobody else has where that is taken. */
  #makeFree(
    file: string,
    rest: Omit<NewFile, 'path'>,
    made: MadeLog<MadeFile> = this.#options.made,
  ): string {
    if (this.#make([{ path: file, ...rest }], made)) return file;
    const { dir, name, ext } = path.parse(file);
    const free = path.join(dir, `${name}-${randomUUID()}${ext}`);
    makeFiles([{ path: free, ...rest }], { ...this.#options, made });
    return free;
  }

  #failure(what: string, error: unknown): Failure {
    const { directory } = this.#options;
    const why =
      error instanceof Failure
        ? error.message
        : `${what} could not be written to ${directory} (${errorCode(error)}).`;
    return new Failure('delivery-failed', why, { cause: error });
  }

  #paths(name: string): Paths {
    const base = path.join(this.#options.directory, name);
    return { certificatePath: `${base}.pem`, privateKeyPath: `${base}.key` };
  }

  /** Gives false when one of the names is taken. */
  #make(files: readonly NewFile[], made: MadeLog<MadeFile> = this.#options.made): boolean {
    try {
      makeFiles(files, { ...this.#options, made });
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    }
  }

  async #refuseExisting(agents: readonly AgentRequest[]): Promise<void> {
    const paths = agents.flatMap((agent) => {
      const base = this.#paths(safeFileName(agent.expectedClientId));
      const mqttx = this.#options.connection ? [mqttxPathOf(base)] : [];
      return [...Object.values(base), ...mqttx];
    });
    const names = new Set(await namesIn(this.#options.directory));
    const found = paths.filter((file) => names.has(path.basename(file)));
    if (found.length === 0) return;
    throw new Failure(
      'destination-invalid',
      `Files of these agents are there already and are never overwritten: ${found.join(', ')}. Remove them, choose another \`output-directory\`, or set \`if-exists\` to skip.`,
    );
  }

  /** A file that is made and removed shows quotas, read-only mounts, and modes that are not kept. */
  async #probe(): Promise<void> {
    const { directory, drafts } = this.#options;
    const probe = drafts.nameIn(directory);
    try {
      makeFiles([{ path: probe, content: 'probe', mode: 0o600 }], { made: forgetful, drafts });
      const { mode } = await lstat(probe);
      await unlink(probe);
      if (isForOthers(mode)) throw modesNotKept(directory);
    } catch (error) {
      throw cannot('write to', directory, error);
    }
  }
}

/** Whether others than its owner may open a file; Windows has no such modes. */
function isForOthers(mode: number): boolean {
  return process.platform !== 'win32' && (mode & 0o077) !== 0;
}

function modesNotKept(directory: string): Failure {
  return new Failure(
    'destination-invalid',
    `The file system of ${directory} does not keep the modes of files, so that others on this machine could read the private key. Choose another \`output-directory\`.`,
  );
}

/** Notes files as ones that others may use too. */
function shared(made: MadeLog<MadeFile>): MadeLog<MadeFile> {
  const share = (entry: MadeFile): MadeFile =>
    entry.kind === 'file' ? { ...entry, kind: 'shared' } : entry;
  return {
    record: (...entries) => made.record(...entries.map(share)),
    note: (...entries) => made.note(...entries.map(share)),
  };
}

function mqttxPathOf({ certificatePath }: Paths): string {
  return certificatePath.replace(/\.pem$/, '.mqttx.json');
}

/** Whether a file, and no link, holds just this. */
async function hasContent(file: string, content: string): Promise<boolean> {
  try {
    const found = await lstat(file);
    if (!found.isFile() || found.size !== Buffer.byteLength(content)) return false;
    return (await readFile(file, 'utf8')) === content;
  } catch {
    return false;
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

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    throw cannot('look into', directory, error);
  }
}
