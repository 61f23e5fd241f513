import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type DeviceOptions, equipmentFrom, sendFirstMessage } from './device.ts';
import type { GitHub } from './github/github.ts';
import type { InsightsHub } from './insights-hub/insights-hub.ts';
import type { DemoOptions } from './options.ts';
import { Runner, type StepOptions, type StepResult } from './runner/runner.ts';
import { accessTo, startBroker, startGitHub, startHub } from './services.ts';
import {
  placesOf,
  showBooks,
  showFiles,
  showLines,
  showPairs,
  showRequests,
  showStep,
} from './show.ts';

/** One run of the create action, and everything that it leaves behind; gives its exit code. */
export async function demonstrateCreate(actions: string, options: DemoOptions): Promise<number> {
  const hub = await startHub(options);
  const github = await startGitHub(options);
  const runner = await Runner.start(actions);
  const { broker, inputs } = await startBroker(hub, runner.temporary, options);
  try {
    const step = stepFor(hub, github, inputs, options);
    showStep(step, hub);
    const main = await runner.main(step);
    showLines('The log, masked as on GitHub', [...main.log, `(exit code ${main.exitCode})`]);
    await showFiles(runner.workspace);
    await showCertificate(main, options);
    if (github !== undefined) showSecrets(github, hub, options);
    showPairs('Outputs', main.outputs);
    showLines('Job summary', main.summary.trim().split('\n'));
    await showFirstMessage(main, github, { broker, tenant: hub.tenant, ...options });
    showBooks('What there is now', hub, github);
    const post = await runner.post(step, main);
    showLines('The post step, when the job ends', post.log);
    await showFiles(runner.workspace);
    if (options.ephemeral) showBooks('What there is after the job', hub, github);
    showRequests(hub);
    return main.exitCode ?? 1;
  } finally {
    await broker.stop();
    await runner.stop();
    await hub.stop();
    await github?.stop();
  }
}

/** The proof: a device that was given the certificate is heard. */
async function showFirstMessage(
  main: StepResult,
  github: GitHub | undefined,
  options: DeviceOptions,
): Promise<void> {
  const equipment = await equipmentFrom(main, github);
  if (equipment === undefined) return;
  const { broker } = options;
  await sendFirstMessage(equipment, options).catch((error: unknown) => {
    console.log(`\nThe device could not connect: ${error instanceof Error ? error.message : ''}`);
  });
  showLines(
    "The device's first message, as the broker got it",
    broker.messages.map(({ clientId, topic, payload }) => `${clientId} on ${topic}: ${payload}`),
  );
}

function stepFor(
  hub: InsightsHub,
  github: GitHub | undefined,
  connection: Readonly<Record<string, string>>,
  options: DemoOptions,
): StepOptions {
  const { names, owner, passphrase, dryRun, debug, ephemeral } = options;
  const { inputs, secrets, env } = accessTo(hub, github, options);
  return {
    inputs: {
      name: names.join('\n'),
      owner,
      ...inputs,
      ...(passphrase && { 'key-passphrase': passphrase }),
      ...(dryRun && { 'dry-run': 'true' }),
      'verify-connection': 'true',
      ...connection,
      ...(ephemeral && { ephemeral: 'true' }),
    },
    secrets: [...secrets, passphrase],
    env,
    debug,
  };
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
  const issued = hub.issued.flatMap(({ privateKey, certificate }) => [privateKey, certificate]);
  const lines = placesOf(github).flatMap(([place, { secrets }]) =>
    [...secrets].map(([name, value]) => {
      const encrypted = value.includes('ENCRYPTED') && passphrase !== '';
      const other = encrypted ? 'the encrypted key' : 'something else';
      const what = issued.includes(value) ? 'exactly as issued' : other;
      return `${place}: ${name}, ${value.length} bytes, ${what}`;
    }),
  );
  showLines("GitHub's secrets, opened with the key that only GitHub has", lines);
}
