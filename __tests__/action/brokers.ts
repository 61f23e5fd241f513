import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type IssuedPair, ServerAuthority } from '../../sandbox/insights-hub/authority.ts';

/** Where Debian and others put servers, which need not be on the PATH of users. */
const PLACES = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

/** How long a program may take to start, or to publish, in milliseconds. */
const PATIENCE = 30_000;

export type Tool = 'mosquitto' | 'mosquitto_pub' | 'nginx';

/** Whether a program is on this machine; nginx counts only with its stream module. */
export function isInstalled(tool: Tool): boolean {
  return whereIs(tool) !== undefined && (tool !== 'nginx' || existsSync(STREAM_MODULE));
}

/**
 * Whether a test must be skipped because a program is missing. Never in continuous integration,
 * which must have them all: there, the test fails.
 */
export function lacks(...tools: readonly Tool[]): boolean {
  return !process.env['CI'] && !tools.every(isInstalled);
}

function whereIs(tool: Tool): string | undefined {
  return PLACES.map((place) => path.join(place, tool)).find(existsSync);
}

/** Another project's broker, in its own process and directory. */
export interface ForeignBroker {
  readonly port: number;
  /** `mqtts://localhost:PORT` */
  readonly url: string;
  /** the root CA of its certificate, as PEM */
  readonly ca: string;
  /** what its processes have printed so far */
  log(): string;
  /** Stops its processes and deletes its directory. */
  stop(): Promise<void>;
}

export interface ForeignBrokerOptions {
  /** the CA whose client certificates are accepted, as PEM */
  readonly clientCa: string;
  /** what the broker's certificate is for; localhost and 127.0.0.1 if not given */
  readonly names?: readonly string[];
}

/** Starts Mosquitto, which requires client certificates of one CA, and allows them everything. */
export async function startMosquitto(options: ForeignBrokerOptions): Promise<ForeignBroker> {
  const place = await Place.create(options);
  return place.ready(async () => {
    const [port = 0] = await freePorts(1);
    const listener = [
      `listener ${port} 127.0.0.1`,
      `cafile ${place.file('clients.pem')}`,
      `certfile ${place.file('server.pem')}`,
      `keyfile ${place.file('server.key')}`,
      'require_certificate true',
      'tls_version tlsv1.2',
    ];
    await place.startMosquitto(listener, port);
    return port;
  });
}

/**
 * Starts nginx, which terminates TLS, requires client certificates of one CA and the ALPN protocol
 * `x-amzn-mqtt-ca`, and passes everything on to a Mosquitto without TLS.
 */
export async function startNginx(options: ForeignBrokerOptions): Promise<ForeignBroker> {
  const place = await Place.create(options);
  return place.ready(async () => {
    const [port = 0, inner = 0] = await freePorts(2);
    await place.startMosquitto([`listener ${inner} 127.0.0.1`], inner);
    await place.startNginx(port, inner);
    return port;
  });
}

/** A directory with certificates, and the processes that use it. */
class Place {
  readonly #directory: string;
  readonly #ca: string;
  readonly #processes: ChildProcess[] = [];
  #log = '';

  private constructor(directory: string, ca: string) {
    this.#directory = directory;
    this.#ca = ca;
  }

  static async create({ clientCa, names }: ForeignBrokerOptions): Promise<Place> {
    const authority = await ServerAuthority.create();
    const server = await authority.issueServer({ names: names ?? ['localhost', '127.0.0.1'] });
    const directory = await mkdtemp(path.join(tmpdir(), 'broker-'));
    const place = new Place(directory, authority.certificate);
    await place.write('clients.pem', clientCa);
    await place.write('server.pem', server.certificate);
    await place.write('server.key', server.privateKey);
    return place;
  }

  /** Starts the processes, and cleans up if that fails. Returns the broker. */
  async ready(start: () => Promise<number>): Promise<ForeignBroker> {
    try {
      const port = await this.#persist(start);
      const log = () => this.#log;
      const url = `mqtts://localhost:${port}`;
      return { port, url, ca: this.#ca, log, stop: () => this.stop() };
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** A port that was free may be taken before it is used, so try once more with others. */
  async #persist(start: () => Promise<number>): Promise<number> {
    try {
      return await start();
    } catch (error) {
      if (!/address already in use/i.test(this.#log)) throw error;
      await this.#endProcesses();
      return start();
    }
  }

  async stop(): Promise<void> {
    await this.#endProcesses();
    await rm(this.#directory, { recursive: true, force: true });
  }

  file(name: string): string {
    return path.join(this.#directory, name);
  }

  async write(name: string, text: string): Promise<string> {
    await writeFile(this.file(name), text, { mode: 0o600 });
    return this.file(name);
  }

  async startMosquitto(listener: readonly string[], port: number): Promise<void> {
    const lines = [
      // When root runs it, it would switch to a user who can't read this directory.
      'user root',
      'allow_anonymous true',
      'persistence false',
      'log_dest stderr',
      'log_type all',
      ...listener,
    ];
    const file = await this.write('mosquitto.conf', `${lines.join('\n')}\n`);
    await this.#start('mosquitto', ['-c', file], port);
  }

  async startNginx(port: number, inner: number): Promise<void> {
    const lines = [
      `load_module ${STREAM_MODULE};`,
      'daemon off;',
      // One process, which leaves no workers behind however it ends.
      'master_process off;',
      `pid ${this.file('nginx.pid')};`,
      'error_log stderr info;',
      'events {}',
      'stream {',
      `  map $ssl_alpn_protocol $broker { x-amzn-mqtt-ca 127.0.0.1:${inner}; }`,
      '  server {',
      `    listen 127.0.0.1:${port} ssl;`,
      '    ssl_protocols TLSv1.2 TLSv1.3;',
      `    ssl_certificate ${this.file('server.pem')};`,
      `    ssl_certificate_key ${this.file('server.key')};`,
      `    ssl_client_certificate ${this.file('clients.pem')};`,
      '    ssl_verify_client on;',
      '    ssl_alpn x-amzn-mqtt-ca;',
      '    proxy_pass $broker;',
      '  }',
      '}',
    ];
    const file = await this.write('nginx.conf', `${lines.join('\n')}\n`);
    await this.#start('nginx', ['-p', this.#directory, '-e', 'stderr', '-c', file], port);
  }

  /** Starts a program, and waits until it listens. */
  async #start(tool: Tool, args: readonly string[], port: number): Promise<void> {
    const program = whereIs(tool);
    if (program === undefined) throw new Error(`${tool} is not installed`);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#processes.push(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#log += chunk.toString();
      });
    }
    let failed = false;
    child.on('error', () => {
      failed = true;
    });
    const end = performance.now() + PATIENCE;
    while (!(await listens(port))) {
      if (failed || hasEnded(child) || performance.now() > end) {
        throw new Error(`${tool} did not start:\n${this.#log}`);
      }
      await pause(20);
    }
  }

  async #endProcesses(): Promise<void> {
    await Promise.all(this.#processes.splice(0).map(endProcess));
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Stops a process, by force if it takes more than 5 s. */
async function endProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(timer);
}

/** Ports that nothing listens on. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export interface Publication {
  readonly port: number;
  readonly ca: string;
  readonly pair: IssuedPair;
  readonly clientId: string;
  readonly topic: string;
  readonly message: string;
  readonly alpn?: string;
}

/** Publishes with mosquitto_pub, at QoS 1. Returns its exit code and output. */
export async function mosquittoPub(publication: Publication) {
  const { port, ca, pair, clientId, topic, message, alpn } = publication;
  const directory = await mkdtemp(path.join(tmpdir(), 'publish-'));
  const write = async (name: string, text: string) => {
    await writeFile(path.join(directory, name), text, { mode: 0o600 });
    return path.join(directory, name);
  };
  try {
    return await run('mosquitto_pub', [
      ...['-h', 'localhost', '-p', `${port}`, '-i', clientId, '-q', '1', '-t', topic],
      ...['-m', message, '--cafile', await write('ca.pem', ca)],
      ...['--cert', await write('agent.pem', pair.certificate)],
      ...['--key', await write('agent.key', pair.privateKey)],
      ...(alpn ? ['--tls-alpn', alpn] : []),
    ]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs a program until it ends, for 30 s at most. */
async function run(tool: Tool, args: readonly string[]) {
  const program = whereIs(tool);
  if (program === undefined) throw new Error(`${tool} is not installed`);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: PATIENCE });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  return { exitCode, output };
}
