import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type DeviceOptions, equipmentFrom, sendFirstMessage } from './device.ts';
import type { GitHub } from './github/github.ts';
import type { InsightsHub } from './insights-hub/insights-hub.ts';
import type { DemoOptions } from './options.ts';
import { type DemoReport, filesIn, placesOf, requestsOf, resourcesOf } from './report.ts';
import { Runner, type StepOptions, type StepResult } from './runner/runner.ts';
import type { Screen } from './screen.ts';
import {
  accessTo,
  SOURCE,
  startBroker,
  startGitHub,
  startHub,
  stepTimeout,
  usesOf,
} from './services.ts';
import {
  asLines,
  hideSecrets,
  logLines,
  pairs,
  showEnd,
  showFiles,
  showOutputs,
  showRequests,
  showStep,
  showSummary,
  unmetFaults,
} from './show.ts';

/** Runs the create action once, and shows everything it leaves behind. */
export async function demonstrateCreate(
  actions: string,
  options: DemoOptions,
  screen: Screen,
): Promise<DemoReport> {
  const hub = await startHub(options);
  const github = await startGitHub(options);
  const runner = await Runner.start(actions);
  const { workspace } = runner;
  const { broker, inputs } = await startBroker(hub, runner.temporary, options);
  try {
    const given = stepFor(hub, github, inputs, options);
    const step = { uses: usesOf(), with: hideSecrets(given) };
    showStep(screen, step, options);

    const main = await runner.main(given);
    screen.section('The log, masked as on GitHub', logLines(main.lines));
    const files = await filesIn(workspace);
    showFiles(screen, 'Files in the workspace', { workspace, files });
    await showCertificate(screen, main, options);
    if (github !== undefined) showSecrets(screen, github, hub, options);
    showOutputs(screen, main.outputs);
    showSummary(screen, main.summary);
    await showFirstMessage(screen, main, github, { broker, tenant: hub.tenant, ...options });
    const resources = resourcesOf(hub, github);
    screen.section('What exists now', asLines(resources));

    const after = await runner.post(given, main);
    const post = {
      log: after.log,
      files: await filesIn(workspace),
      resources: resourcesOf(hub, github),
    };
    const said = logLines(after.lines);
    const nothing = [{ text: '(no output)', style: 'dim' as const }];
    screen.section('The post step, when the job ends', said.length > 0 ? said : nothing);
    showFiles(screen, 'Files in the workspace after the job', { workspace, files: post.files });
    if (options.ephemeral) screen.section('What exists after the job', asLines(post.resources));
    const report: DemoReport = {
      command: 'create',
      exitCode: main.exitCode ?? 1,
      step,
      log: main.log,
      outputs: main.outputs,
      summary: main.summary,
      files,
      resources,
      messages: broker.messages.map(({ clientId, topic, payload }) => ({
        clientId,
        topic,
        payload: String(payload),
      })),
      post,
      requests: requestsOf(hub),
    };
    showRequests(screen, report.requests);
    const services = [hub.faults, ...(github ? [github.faults] : [])];
    showEnd(screen, report, options, unmetFaults(options, services, broker.faults));
    return report;
  } finally {
    await broker.stop();
    await runner.stop();
    await hub.stop();
    await github?.stop();
  }
}

/** Proves that the certificate works: a device connects with it and publishes a message. */
async function showFirstMessage(
  screen: Screen,
  main: StepResult,
  github: GitHub | undefined,
  options: DeviceOptions,
): Promise<void> {
  const equipment = await equipmentFrom(main, github);
  if (equipment === undefined) return;
  const { broker } = options;
  const problem = await sendFirstMessage(equipment, options).then(
    () => [],
    (error: unknown) => [
      `The device could not connect: ${error instanceof Error ? error.message : 'unknown error'}`,
    ],
  );
  screen.section("A device's first message, as the broker received it", [
    ...problem.map((text) => ({ text, style: 'red' as const })),
    ...broker.messages.flatMap(({ clientId, topic, payload }) =>
      pairs({ from: clientId, topic, message: String(payload) }),
    ),
  ]);
}

function stepFor(
  hub: InsightsHub,
  github: GitHub | undefined,
  connection: Readonly<Record<string, string>>,
  options: DemoOptions,
): StepOptions {
  const { names, owner, passphrase, keyFormat, dryRun, debug, ephemeral, quota } = options;
  const { inputs, secrets, env } = accessTo(hub, github, options);
  return {
    inputs: {
      name: names.join('\n'),
      owner,
      ...inputs,
      ...(passphrase && { 'key-passphrase': passphrase }),
      ...(keyFormat !== 'issued' && { 'key-format': keyFormat }),
      ...(dryRun && { 'dry-run': 'true' }),
      ...(quota === 'xxs' && { 'rate-limit': '1/30s' }),
      'verify-connection': 'true',
      ...connection,
      ...(ephemeral && { ephemeral: 'true' }),
    },
    secrets: [...secrets, passphrase],
    env: { ...env, ...SOURCE },
    debug,
    timeout: stepTimeout(options),
  };
}

async function showCertificate(
  screen: Screen,
  { outputs }: StepResult,
  { passphrase }: DemoOptions,
): Promise<void> {
  const { certificatePath, privateKeyPath } = outputs;
  if (!certificatePath || !privateKeyPath) return;
  const certificate = new X509Certificate(await readFile(certificatePath));
  const pem = await readFile(privateKeyPath, 'utf8');
  const key = createPrivateKey({ key: pem, passphrase });
  const format = pem.includes('BEGIN RSA PRIVATE KEY') ? 'PKCS#1' : 'PKCS#8';
  const encrypted = pem.includes('ENCRYPTED') ? ', encrypted' : '';
  const shown = {
    subject: certificate.subject,
    issuer: certificate.issuer,
    'not before': certificate.validFrom,
    'not after': certificate.validTo,
    'SHA-256': certificate.fingerprint256,
    'private key': `${key.asymmetricKeyType} ${key.asymmetricKeyDetails?.modulusLength}, ${format}${encrypted}`,
    'they match': certificate.checkPrivateKey(key) ? 'yes' : 'NO',
  };
  screen.section('The certificate', pairs(shown));
}

/** Lists the secrets that were written, and compares them with what Insights Hub issued. */
function showSecrets(
  screen: Screen,
  github: GitHub,
  hub: InsightsHub,
  { passphrase }: DemoOptions,
): void {
  const issued = hub.issued.flatMap(({ privateKey, certificate }) => [privateKey, certificate]);
  const keys = hub.issued.map(({ privateKey }) => createPrivateKey(privateKey));
  const isKey = (pem: string) =>
    keys.some((key) => key.equals(createPrivateKey({ key: pem, passphrase })));
  const kindOf = (value: string) => {
    if (issued.includes(value)) return 'exactly as issued';
    if (!value.includes('PRIVATE KEY') || !isKey(value)) return 'NOT what was issued';
    return value.includes('ENCRYPTED') ? 'the issued key, encrypted' : 'the issued key, as PKCS#8';
  };
  const lines = placesOf(github).flatMap(([place, { secrets }]) =>
    [...secrets].map(
      ([name, value]) => `${place}: ${name}, ${value.length} bytes, ${kindOf(value)}`,
    ),
  );
  screen.section('GitHub secrets, decrypted with the key that only GitHub has', asLines(lines));
}
