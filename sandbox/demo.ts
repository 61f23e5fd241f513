import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { GitHub } from './github/github.ts';
import { InsightsHub } from './insights-hub/insights-hub.ts';
import { type DemoOptions, HELP, readOptions, UsageError } from './options.ts';
import { Runner, type StepOptions, type StepResult } from './runner/runner.ts';

const ACTION = path.dirname(import.meta.dirname);

/** A name that has to be encoded in URLs. */
const ENVIRONMENT = 'production/eu';

try {
  const options = readOptions(process.argv.slice(2));
  if (options.command === 'help') console.log(HELP);
  else if (options.command === 'serve') await serve(options);
  else process.exitCode = await demonstrate(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message} "npm start -- --help" lists what there is.`);
  process.exitCode = 2;
}

/** One run of the action, and everything that it leaves behind; gives its exit code. */
async function demonstrate(options: DemoOptions): Promise<number> {
  const hub = await startHub(options);
  const github = await startGitHub(options);
  const runner = await Runner.start(ACTION);
  try {
    const step = stepFor(hub, github, options);
    showWorkflow(step, hub);
    const main = await runner.main(step);
    section('The log, masked as on GitHub');
    for (const line of main.log) console.log(line);
    console.log(`(exit code ${main.exitCode})`);
    await showFiles(runner.workspace);
    await showCertificate(main, options);
    if (github !== undefined) showSecrets(github, hub, options);
    showPairs('Outputs', main.outputs);
    section('Job summary');
    console.log(main.summary.trim() || '(none)');
    section('What Insights Hub saw');
    for (const { method, path } of hub.requests) console.log(`${method} ${path}`);
    console.log(`Agents there now: ${[...hub.agents.keys()].join(', ') || 'none'}`);
    const post = await runner.post(step, main);
    section('The post step, when the job ends');
    for (const line of post.log) console.log(line);
    await showFiles(runner.workspace);
    return main.exitCode ?? 1;
  } finally {
    await runner.stop();
    await hub.stop();
    await github?.stop();
  }
}

async function serve(options: DemoOptions): Promise<void> {
  const hub = await startHub(options);
  const { technicalUser, urls } = hub;
  section('An embedded Insights Hub is running; Ctrl-C ends it');
  showInputs({
    tenant: hub.tenant,
    'oauth-client-id': technicalUser.id,
    'oauth-client-secret': technicalUser.secret,
    ...urls,
  });
  console.log(`\nA token by hand:
curl -u '${technicalUser.id}:${technicalUser.secret}' -d grant_type=client_credentials \\
  ${urls['token-url'].replace('{tenant}', hub.tenant)}`);
  await new Promise((resolve) => process.once('SIGINT', resolve));
  await hub.stop();
}

async function startHub({ form, faults }: DemoOptions): Promise<InsightsHub> {
  const hub = await InsightsHub.start({ form });
  hub.faults.push(...faults);
  return hub;
}

/** An embedded GitHub, where the run has to do with it. */
async function startGitHub({ destinations, faults }: DemoOptions): Promise<GitHub | undefined> {
  if (destinations.every((place) => place === 'workspace')) return undefined;
  const github = await GitHub.start();
  github.addEnvironment(ENVIRONMENT);
  github.faults.push(...faults);
  return github;
}

function stepFor(hub: InsightsHub, github: GitHub | undefined, options: DemoOptions): StepOptions {
  const { names, owner, passphrase, dryRun, debug, destinations } = options;
  const token = github?.issueToken() ?? '';
  const credentials = credentialsFor(hub, options);
  return {
    inputs: {
      name: names.join('\n'),
      owner,
      tenant: hub.tenant,
      ...credentials.inputs,
      ...hub.urls,
      ...(passphrase && { 'key-passphrase': passphrase }),
      ...(dryRun && { 'dry-run': 'true' }),
      ...(github && { destination: destinations.join('\n'), 'github-token': token }),
      ...(destinations.includes('environment') && { environment: ENVIRONMENT }),
    },
    secrets: [credentials.secret, passphrase, token],
    ...(github && { env: { GITHUB_API_URL: github.apiUrl } }),
    debug,
  };
}

function credentialsFor(hub: InsightsHub, { way }: DemoOptions) {
  if (way === 'token') {
    const token = hub.issueToken();
    return { inputs: { token }, secret: token };
  }
  const { id, secret, ...application } =
    way === 'application' ? hub.application : { ...hub.technicalUser };
  const inputs = { 'oauth-client-id': id, 'oauth-client-secret': secret };
  if (!('appName' in application)) return { inputs, secret };
  const { appName, appVersion } = application;
  return { inputs: { ...inputs, 'app-name': appName, 'app-version': appVersion }, secret };
}

function showWorkflow({ inputs, secrets = [] }: StepOptions, hub: InsightsHub): void {
  section('The step of a workflow');
  console.log('- uses: OWNER/REPO@v1\n  with:');
  const shown = Object.entries(inputs).map(([name, value]) => [
    name,
    secrets.includes(value) ? '***' : value,
  ]);
  showInputs(Object.fromEntries(shown), '    ');
  console.log(`(api-url and token-url lead to the embedded Insights Hub at ${hub.origin})`);
}

function showInputs(inputs: Readonly<Record<string, string>>, indent = ''): void {
  for (const [name, value] of Object.entries(inputs)) {
    const block = value.includes('\n')
      ? `|\n${indent}  ${value.replaceAll('\n', `\n${indent}  `)}`
      : value;
    console.log(`${indent}${name}: ${block}`);
  }
}

async function showFiles(workspace: string): Promise<void> {
  section('Files in the workspace');
  const names = (await readdir(workspace, { recursive: true })).sort();
  for (const name of names) {
    const { mode, size } = await stat(path.join(workspace, name));
    console.log(
      `${(mode & 0o777).toString(8).padStart(4, '0')} ${String(size).padStart(6)}  ${name}`,
    );
  }
  if (names.length === 0) console.log('(none)');
}

async function showCertificate(
  { outputs }: StepResult,
  { passphrase }: DemoOptions,
): Promise<void> {
  const { certificatePath, privateKeyPath } = outputs;
  if (!certificatePath || !privateKeyPath) return;
  const certificate = new X509Certificate(await readFile(certificatePath));
  const key = createPrivateKey({ key: await readFile(privateKeyPath), passphrase });
  showPairs('The certificate', {
    subject: certificate.subject,
    issuer: certificate.issuer,
    'not before': certificate.validFrom,
    'not after': certificate.validTo,
    'SHA-256': certificate.fingerprint256,
    'private key': `${key.asymmetricKeyType} ${key.asymmetricKeyDetails?.modulusLength}`,
    'they match': certificate.checkPrivateKey(key) ? 'yes' : 'NO',
  });
}

/** The names of what was pushed, and whether the boxes hold what Insights Hub issued. */
function showSecrets(github: GitHub, hub: InsightsHub, { passphrase }: DemoOptions): void {
  section("GitHub's secrets, opened with the key that only GitHub has");
  const issued = [...hub.agents.values()].flatMap(({ pair }) => [
    pair.privateKey,
    pair.certificate,
  ]);
  const vaults = [
    [`repository ${github.repository}`, github.vault] as const,
    ...[...github.environments].map(([name, vault]) => [`environment ${name}`, vault] as const),
  ];
  for (const [place, { secrets, variables }] of vaults) {
    for (const [name, value] of secrets) {
      const isIssued = issued.includes(value);
      const what =
        value.includes('ENCRYPTED') && passphrase ? 'the encrypted key' : 'something else';
      console.log(
        `${place}: ${name}, ${value.length} bytes, ${isIssued ? 'exactly as issued' : what}`,
      );
    }
    for (const [name, value] of variables) console.log(`${place}: variable ${name} = ${value}`);
  }
  if (vaults.every(([, { secrets }]) => secrets.size === 0)) console.log('(none)');
}

function showPairs(title: string, pairs: Readonly<Record<string, string>>): void {
  section(title);
  const width = Math.max(...Object.keys(pairs).map(({ length }) => length));
  for (const [name, value] of Object.entries(pairs)) console.log(`${name.padEnd(width)}  ${value}`);
}

function section(title: string): void {
  console.log(`\n── ${title} ${'─'.repeat(Math.max(0, 74 - title.length))}`);
}
