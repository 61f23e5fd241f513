import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type DeviceOptions, equipmentFrom, sendFirstMessage } from './device.ts';
import type { GitHub } from './github/github.ts';
import type { InsightsHub } from './insights-hub/insights-hub.ts';
import type { DemoOptions } from './options.ts';
import { booksOf, type DemoReport, filesIn, placesOf, requestsOf } from './report.ts';
import { Runner, type StepOptions, type StepResult } from './runner/runner.ts';
import type { Screen } from './screen.ts';
import {
  accessTo,
  quotaTime,
  startBroker,
  startGitHub,
  startHub,
  stepTimeout,
} from './services.ts';
import {
  asLines,
  hideSecrets,
  logLines,
  pairs,
  shortenerFor,
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
  const { broker, inputs } = await startBroker(hub, runner.temporary, options);
  const shorten = shortenerFor(runner);
  try {
    const given = stepFor(hub, github, inputs, options);
    const step = { uses: 'OWNER/REPO@v1', with: hideSecrets(given) };
    showStep(screen, step, { shorten, seconds: quotaTime(options) });

    const main = await runner.main(given);
    screen.section('The log, masked as on GitHub', logLines(main.lines, shorten));
    const files = await filesIn(runner.workspace);
    showFiles(screen, 'Files in the workspace', files);
    await showCertificate(screen, main, options);
    if (github !== undefined) showSecrets(screen, github, hub, options);
    showOutputs(screen, main.outputs, shorten);
    showSummary(screen, main.summary, shorten);
    await showFirstMessage(screen, main, github, { broker, tenant: hub.tenant, ...options });
    const books = booksOf(hub, github);
    screen.section('What there is now', asLines(books));

    const after = await runner.post(given, main);
    const post = {
      log: after.log,
      files: await filesIn(runner.workspace),
      books: booksOf(hub, github),
    };
    const said = logLines(after.lines, shorten);
    const nothing = [{ text: 'It has nothing to say.', style: 'dim' as const }];
    screen.section('The post step, when the job ends', said.length > 0 ? said : nothing);
    showFiles(screen, 'Files in the workspace after the job', post.files);
    if (options.ephemeral) screen.section('What there is after the job', asLines(post.books));
    const report: DemoReport = {
      command: 'create',
      exitCode: main.exitCode ?? 1,
      step,
      log: main.log,
      outputs: main.outputs,
      summary: main.summary,
      files,
      books,
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
      `The device could not connect: ${error instanceof Error ? error.message : 'nobody knows why'}`,
    ],
  );
  screen.section("A device's first message, as the broker got it", [
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
  const { names, owner, passphrase, dryRun, debug, ephemeral, quota } = options;
  const { inputs, secrets, env } = accessTo(hub, github, options);
  return {
    inputs: {
      name: names.join('\n'),
      owner,
      ...inputs,
      ...(passphrase && { 'key-passphrase': passphrase }),
      ...(dryRun && { 'dry-run': 'true' }),
      ...(quota === 'xxs' && { 'rate-limit': '1/30s' }),
      'verify-connection': 'true',
      ...connection,
      ...(ephemeral && { ephemeral: 'true' }),
    },
    secrets: [...secrets, passphrase],
    env,
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
  const key = createPrivateKey({ key: await readFile(privateKeyPath), passphrase });
  const shown = {
    subject: certificate.subject,
    issuer: certificate.issuer,
    'not before': certificate.validFrom,
    'not after': certificate.validTo,
    'SHA-256': certificate.fingerprint256,
    'private key': `${key.asymmetricKeyType} ${key.asymmetricKeyDetails?.modulusLength}`,
    'they match': certificate.checkPrivateKey(key) ? 'yes' : 'NO',
  };
  screen.section('The certificate', pairs(shown));
}

/** Lists the secrets that were written, and says whether they hold what Insights Hub issued. */
function showSecrets(
  screen: Screen,
  github: GitHub,
  hub: InsightsHub,
  { passphrase }: DemoOptions,
): void {
  const issued = hub.issued.flatMap(({ privateKey, certificate }) => [privateKey, certificate]);
  const lines = placesOf(github).flatMap(([place, { secrets }]) =>
    [...secrets].map(([name, value]) => {
      const encrypted = value.includes('ENCRYPTED') && passphrase !== '';
      const other = encrypted ? 'the encrypted key' : 'something else';
      const what = issued.includes(value) ? 'exactly as issued' : other;
      return `${place}: ${name}, ${value.length} bytes, ${what}`;
    }),
  );
  screen.section("GitHub's secrets, opened with the key that only GitHub has", asLines(lines));
}
