import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { demonstrateCreate } from './demo-create.ts';
import { demonstrateDelete } from './demo-delete.ts';
import { type DemoOptions, HELP, readOptions, UsageError } from './options.ts';
import { startBroker, startHub } from './services.ts';
import { section, showInputs } from './show.ts';

const ACTIONS = path.dirname(import.meta.dirname);

try {
  process.exitCode = await run(readOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message} "npm start -- --help" lists what there is.`);
  process.exitCode = 2;
}

/** Does what the command line asks for; gives the exit code. */
async function run(options: DemoOptions): Promise<number> {
  switch (options.command) {
    case 'help':
      console.log(HELP);
      return 0;
    case 'serve':
      await serve(options);
      return 0;
    case 'create':
      return demonstrateCreate(ACTIONS, options);
    case 'delete':
      return demonstrateDelete(ACTIONS, options);
  }
}

async function serve(options: DemoOptions): Promise<void> {
  const hub = await startHub(options);
  const directory = await mkdtemp(path.join(tmpdir(), 'sandbox-serve-'));
  const { broker, inputs: connection } = await startBroker(hub, directory, options);
  const { technicalUser, urls } = hub;
  const inputs = {
    tenant: hub.tenant,
    'oauth-client-id': technicalUser.id,
    'oauth-client-secret': technicalUser.secret,
    ...urls,
    ...connection,
  };
  section('An embedded Insights Hub and its broker are running; Ctrl-C ends them');
  showInputs(inputs);
  console.log(`\nA token by hand:
curl -u '${technicalUser.id}:${technicalUser.secret}' -d grant_type=client_credentials \\
  ${urls['token-url'].replace('{tenant}', hub.tenant)}`);
  const ended = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
  });
  if (options.addressFile !== '') await writeAddresses(options.addressFile, inputs);
  await ended;
  await broker.stop();
  await hub.stop();
  await rm(directory, { recursive: true });
}

/** Who waits for the file finds all of it, or nothing. */
async function writeAddresses(
  file: string,
  inputs: Readonly<Record<string, string>>,
): Promise<void> {
  const lines = Object.entries(inputs).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(`${file}.new`, lines.join(''));
  await rename(`${file}.new`, file);
}
