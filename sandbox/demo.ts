import { mkdtemp, rm } from 'node:fs/promises';
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
  const { broker, inputs } = await startBroker(hub, directory, options);
  const { technicalUser, urls } = hub;
  section('An embedded Insights Hub and its broker are running; Ctrl-C ends them');
  showInputs({
    tenant: hub.tenant,
    'oauth-client-id': technicalUser.id,
    'oauth-client-secret': technicalUser.secret,
    ...urls,
    ...inputs,
  });
  console.log(`\nA token by hand:
curl -u '${technicalUser.id}:${technicalUser.secret}' -d grant_type=client_credentials \\
  ${urls['token-url'].replace('{tenant}', hub.tenant)}`);
  await new Promise((resolve) => process.once('SIGINT', resolve));
  await broker.stop();
  await hub.stop();
  await rm(directory, { recursive: true });
}
