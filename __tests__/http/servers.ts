import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket, type Server as TcpServer } from 'node:net';
import { onTestFinished, vi } from 'vitest';

/** Lets a server listen on a free port until the test is over. */
export async function listen(server: TcpServer, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  });
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** Starts a server that sends bytes instead of HTTP. Returns its host and port. */
export async function serveTcp(onConnection: (socket: Socket) => void): Promise<string> {
  return `127.0.0.1:${await listen(createServer(onConnection))}`;
}

/** A host and port that nothing listens on. */
export async function nowhere(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

/** A signal that does not abort. */
export const never = () => new AbortController().signal;

/** Switches TLS verification off for whatever heeds that variable, and silences Node's warning of it. */
export function stubUnverifiedTls(value = '0'): void {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', value);
  const { emitWarning } = process;
  const spy = vi.spyOn(process, 'emitWarning').mockImplementation((warning, ...rest) => {
    const isExpected = String(warning).includes('NODE_TLS_REJECT_UNAUTHORIZED');
    if (!isExpected) Reflect.apply(emitWarning, process, [warning, ...rest]);
  });
  onTestFinished(() => {
    spy.mockRestore();
    vi.unstubAllEnvs();
  });
}
