import { Worker } from 'node:worker_threads';

/**
 * The CA certificates that this machine trusts, as PEM: those that Node brings, those of
 * NODE_EXTRA_CA_CERTS and those of the system's store, each once.
 *
 * Read in a thread of its own: the system's store can take longer than a trip to a server and back,
 * and handshakes would have to wait for it.
 */
export function trustedAuthorities(): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(`(${readAuthorities})()`, { eval: true });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** All that this needs is in it: its text is what the thread runs. */
function readAuthorities(): void {
  const { getCACertificates } = process.getBuiltinModule('node:tls');
  const { parentPort } = process.getBuiltinModule('node:worker_threads');
  const all = [...getCACertificates('default'), ...getCACertificates('system')];
  parentPort?.postMessage([...new Set(all.map((pem) => `${pem.trim()}\n`))].join(''));
}
