import { randomInt } from 'node:crypto';
import { describe, expect } from 'vitest';
import type { Play } from '../workflow/play.ts';
import { type DeviceServices, test } from './device-services.ts';
import { addDocker, contentsOf, type Docker, docker, findDocker, withImage } from './docker.ts';
import { logOf, readRecipe, resultsOf } from './services.ts';

const found = findDocker();
/** Nothing is done with it, because all tests are skipped. */
const NONE: Docker = { client: '', host: '', image: '', hasCompose: false };
const WHERE = found ? 'with a real Docker daemon' : 'skipped: no Docker daemon, see .ci/docker';
/** A number that no run before had, whose results Docker may still have in its cache. */
const RUN = String(randomInt(2 ** 40));
const CLIENT_ID = `mqtt1_ci-${RUN}-1`;
const ARMOUR = '-----BEGIN RSA PRIVATE KEY-----';

/** The lines of an issued key that are readable in a text; whole layers are long. */
function linesOfKeysIn({ hub }: DeviceServices, texts: readonly string[]): readonly string[] {
  const lines = hub.issued.flatMap(({ privateKey }) => privateKey.split('\n').slice(1, -2));
  if (lines.length === 0) throw new Error('there is no key to look for');
  return lines.filter((line) => texts.some((text) => text.includes(line)));
}

describe.skipIf(found === undefined)(`recipes for Docker (${WHERE})`, () => {
  const daemon = found ?? NONE;

  const play = async (devices: DeviceServices, name: string, given: Partial<Play> = {}) => {
    await addDocker(devices, daemon);
    const files = { 'src/main.c': 'int main(void) { return 0; }\n' };
    const workflow = withImage(given.workflow ?? readRecipe(name), daemon);
    const run = { run_id: RUN };
    return devices.play(name, { ...given, workflow, files, containers: true, run });
  };

  describe('a build with a secret', () => {
    const RECIPE = 'docker-build.yml';

    test('has the key only while it runs, as its own user', async ({ devices }) => {
      const played = await play(devices, RECIPE);
      expect(resultsOf(played)).toEqual({ image: 'success' });
      const log = logOf(played).join('\n');
      expect(log).toContain(`User 10001 builds for ${CLIENT_ID}`);
      expect(log).toContain(ARMOUR);
      const contents = contentsOf(daemon, 'device:test');
      expect(contents.some((text) => text.includes('int main(void)'))).toBe(true);
      expect(linesOfKeysIn(devices, contents)).toEqual([]);
      expect(devices.hub.agents.size).toBe(0);
      docker(daemon, 'rmi', 'device:test');
    });

    test('would have it in a layer if the files were in the build context', async ({ devices }) => {
      const inside = readRecipe(RECIPE).replace(/ +output-directory: .*\n/, '');
      const played = await play(devices, RECIPE, { workflow: inside });
      expect(resultsOf(played)).toEqual({ image: 'success' });
      const contents = contentsOf(daemon, 'device:test');
      expect(linesOfKeysIn(devices, contents).length).toBeGreaterThan(20);
      docker(daemon, 'rmi', 'device:test');
    });
  });

  describe('a container with its own user', () => {
    const RECIPE = 'docker-run.yml';
    const without = (step: string) =>
      readRecipe(RECIPE).replace(new RegExp(` {6}- name: ${step}\\n(?: {8}.*\\n|\\n)*`), '');

    test('reads its copies of the files', async ({ devices }) => {
      const played = await play(devices, RECIPE, { workflow: without('Run with Docker Compose') });
      expect(resultsOf(played)).toEqual({ device: 'success' });
      expect(logOf(played)).toEqual(expect.arrayContaining([`User 10001 is ${CLIENT_ID}`, ARMOUR]));
      expect(devices.hub.agents.size).toBe(0);
    });

    test.skipIf(!daemon.hasCompose)('reads them with Docker Compose, too', async ({ devices }) => {
      const played = await play(devices, RECIPE, { workflow: without('Run with docker run') });
      expect(resultsOf(played)).toEqual({ device: 'success' });
      const log = logOf(played).join('\n');
      expect(log).toContain(`User 10001 is ${CLIENT_ID}`);
      expect(log).toContain(ARMOUR);
    });

    test('could not read the action’s own files', async ({ devices }) => {
      const theirs = without('Run with Docker Compose')
        .replace('source=$RUNNER_TEMP/device', 'source=$RUNNER_TEMP/agent')
        .replace('/run/agent/agent.key', '/run/agent/$CLIENT_ID.key');
      const played = await play(devices, RECIPE, { workflow: theirs });
      expect(resultsOf(played)).toEqual({ device: 'failure' });
      expect(logOf(played).join('\n')).toMatch(/agent\/mqtt1_.*\.key.*Permission denied/);
    });
  });

  describe('container jobs and services', () => {
    test('have the files under the paths in the recipe', async ({ devices }) => {
      // A file of this machine, such as that of `broker-ca-file`, is not in the container.
      const played = await play(devices, 'containers.yml', { inputs: devices.hub.urls });
      expect(resultsOf(played)).toEqual({ 'job-container': 'success', service: 'success' });
      const [, read, image] = played.jobs['job-container']?.steps ?? [];
      const clientId = `${CLIENT_ID}-container`;
      expect(read?.log).toEqual([
        expect.stringMatching(
          `^${clientId} has its key in /__w/.*/\\.insights-hub/${clientId}\\.key$`,
        ),
        ARMOUR,
      ]);
      expect(image?.log).toEqual([ARMOUR]);
      expect(played.jobs['service']?.steps[1]?.log).toEqual([ARMOUR]);
      expect(devices.hub.agents.size).toBe(0);
      for (const { files } of Object.values(played.jobs)) expect(files).toEqual([]);
    });
  });
});
