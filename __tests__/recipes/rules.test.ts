import { describe, expect, test } from 'vitest';
import { stepsOf, workflowOf } from '../workflows/files.ts';
import { offences } from '../workflows/offences.ts';
import { readRecipe, recipes } from './services.ts';

/** The actions that take files out of a job. */
const TAKING = /^actions\/(upload-artifact|cache)\b/;

/** What of a recipe could let a key out, or be lost when a job is repeated. */
function leaks(text: string): readonly string[] {
  const steps = stepsOf(text);
  const found: string[] = [];
  const takers = steps.filter(({ uses = '' }) => TAKING.test(uses));
  for (const { uses = '', with: given = {} } of steps) {
    const isPlain = uses === 'OWNER/REPO@v1' && given['encrypt-key'] !== true;
    if (takers.length > 0 && isPlain) found.push('a plain key beside what is taken out');
  }
  for (const { with: given = {} } of takers) {
    const isItsOwn = String(given['name']).includes('github.run_attempt');
    if (given['retention-days'] !== 1) found.push('an artifact that stays longer than a day');
    if (!isItsOwn && given['overwrite'] !== true) found.push('an artifact that blocks a re-run');
  }
  // Wherever its lines end.
  const comments = text.replaceAll(/\n *# /g, ' ');
  if (takers.length > 0 && !comments.includes('GitHub Enterprise Server')) {
    found.push('nothing on GitHub Enterprise Server');
  }
  // It hides what it encrypts, but nobody notices when that is changed.
  if (/\bopenssl enc\b/.test(text)) found.push('encryption without authentication');
  return found;
}

describe.each(recipes)('$name', ({ text }) => {
  test('follows the rules', () => {
    expect([...offences(text), ...leaks(text)]).toEqual([]);
  });

  test('gives more than read permissions only to the jobs that need them', () => {
    const writing = Object.entries(workflowOf(text).jobs).flatMap(([id, { permissions = {} }]) =>
      Object.entries(permissions).flatMap(([name, level]) =>
        level === 'read' ? [] : [`${id} ${name}`],
      ),
    );
    const { name } = workflowOf(text);
    expect(writing).toEqual(name === 'Rotate the agent certificate' ? ['check actions'] : []);
  });
});

describe('a recipe that breaks a rule is found', () => {
  const RECIPE = readRecipe('encrypted-artifact.yml');

  test.each<[string, string, RegExp, string]>([
    ['fleet.yml', 'keeps its credentials', /persist-credentials: false/, 'fetch-depth: 0'],
    ['fleet.yml', 'no reason', /^( +actions: read) # .*$/m, '$1'],
    ['reviewed.yml', 'all its permissions', /^ +permission-.*\n/m, ''],
    ['reviewed.yml', 'worth too much', /^( +)permission-.*$/m, '$&\n$1owner: somebody'],
    ['containers.yml', 'image not pinned', /(image: alpine:[\d.]+)@\S+/, '$1'],
  ])('%s: %s', (name, offence, pattern, replacement) => {
    const recipe = readRecipe(name);
    const broken = recipe.replace(pattern, replacement);
    expect(broken).not.toBe(recipe);
    expect(offences(broken).join('\n')).toContain(offence);
  });

  test.each<[string, RegExp, string]>([
    ['not pinned', /uses: actions\/upload-artifact@\S+ # v.*/, 'uses: actions/upload-artifact@v7'],
    ['not pinned', /OWNER\/REPO@v1/, 'OWNER/REPO@main'],
    ['no time limit', /^ {4}timeout-minutes: .*\n/m, ''],
    ['a plain key', /encrypt-key: true/, 'encrypt-key: false'],
    ['longer than a day', /^ +retention-days: 1\n/m, ''],
    ['blocks a re-run', /^( +name: certificate)-.*$/m, '$1'],
    ['nothing on', /GitHub Enterprise Server/, 'Another server'],
    ['without authentication', /^ +run: \|\n/m, '$&          openssl enc -aes-256-cbc\n'],
  ])('%s (%s)', (offence, pattern, replacement) => {
    const broken = RECIPE.replace(pattern, replacement);
    expect(broken).not.toBe(RECIPE);
    expect([...offences(broken), ...leaks(broken)].join('\n')).toContain(offence);
  });
});
