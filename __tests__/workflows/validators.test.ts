import { describe, expect, test } from 'vitest';
import { lint } from '../recipes/actionlint.ts';
import { actionFiles, recipes, workflows } from './files.ts';
import { complaintsAboutAction, complaintsAboutWorkflow } from './language-service.ts';

describe.each([...workflows, ...recipes])('$file', ({ text }) => {
  const plant = (pattern: RegExp, replacement: string) => {
    const planted = text.replace(pattern, replacement);
    expect(planted).not.toBe(text);
    return planted;
  };

  test('is accepted by actionlint', async () => {
    expect(await lint(text)).toBe('');
  });

  test('is accepted by the language service of GitHub Actions', async () => {
    expect(await complaintsAboutWorkflow(text)).toEqual([]);
  });

  test('would be refused by both with an unknown key', async () => {
    const planted = plant(/^( +)runs-on: /m, '$1unknown: true\n$1runs-on: ');
    expect(await lint(planted)).toContain('"unknown"');
    expect((await complaintsAboutWorkflow(planted)).join('\n')).toContain("'unknown'");
  });

  test('would be refused with an unknown input', async () => {
    const planted = plant(/^( {8})with:\n/m, '$1with:\n$1  unknown-input: 1\n');
    expect((await complaintsAboutWorkflow(planted)).join('\n')).toContain(
      "Invalid action input 'unknown-input'",
    );
  });

  test('would be refused with an unknown action', async () => {
    const planted = plant(/^( +(?:- )?uses: )\w+\//m, '$1unknown/');
    expect((await complaintsAboutWorkflow(planted)).join('\n')).toContain('Unable to resolve');
  });
});

describe('a step that uses our own action', () => {
  const ours = [...workflows, ...recipes].flatMap(({ file, text }) =>
    [...text.matchAll(/uses: ((?:\.\/(?!\.github\/workflows\/)|OWNER\/REPO)\S*)\n/g)].map(
      (found) => {
        const { 0: line, 1: uses = '', index = 0 } = found;
        const [before, after] = [text.slice(0, index), text.slice(index + line.length)];
        return { file, uses, before: before + line, after };
      },
    ),
  );

  // One of each in each file: the language service takes its time.
  const samples = ours.filter(
    ({ file, uses }, index) =>
      index === ours.findIndex((one) => one.file === file && one.uses === uses),
  );

  test.each(samples)(
    'would be refused with a wrong input ($uses in $file)',
    async ({ before, after }) => {
      const wrong = after.replace(/^( +)with:\n/m, '$1with:\n$1  tennant: mqtt1\n');
      const complaints = await complaintsAboutWorkflow(before + wrong);
      expect(complaints).toHaveLength(1);
      expect(complaints[0]).toMatch(/Invalid action input 'tennant'$/);
    },
  );

  test.each(samples)(
    'would be refused without the tenant ($uses in $file)',
    async ({ before, after }) => {
      const complaints = await complaintsAboutWorkflow(
        before + after.replace(/^ +tenant: .*\n/m, ''),
      );
      expect(complaints).toHaveLength(1);
      expect(complaints[0]).toMatch(/Missing required input `tenant`$/);
    },
  );

  test('is in workflows and in recipes', () => {
    expect(new Set(ours.map(({ uses }) => uses))).toEqual(
      new Set([
        ...['./', './delete', './.github/actions/after-job'],
        ...['OWNER/REPO@v1', 'OWNER/REPO/delete@v1'],
      ]),
    );
  });
});

describe('a job that calls a workflow', () => {
  const { text } = recipes.find(({ file }) => file.endsWith('/call-reusable.yml')) ?? { text: '' };

  test.each([
    ['an input that it does not know', /^( {4}with:\n)/m, '$1      tennant: mqtt1\n'],
    ['none of what it requires', /^ {6}tenant: .*\n/m, ''],
    ['a secret that it does not know', /^( {4}secrets:\n)/m, '$1      OTHER: other\n'],
    ['none of the secrets that it requires', /^ {6}KEY_PASSPHRASE: .*\n/m, ''],
    ['an output that it does not have', /outputs\.artifact/, 'outputs.other'],
    ['another workflow', /reusable\.yml$/m, 'other.yml'],
  ])('would be refused with %s', async (_, pattern, replacement) => {
    const wrong = text.replace(pattern, replacement);
    expect(wrong).not.toBe(text);
    expect(await complaintsAboutWorkflow(wrong)).not.toEqual([]);
  });
});

describe.each(actionFiles)('$file', ({ text }) => {
  test('is accepted by the language service of GitHub Actions', async () => {
    expect(await complaintsAboutAction(text)).toEqual([]);
  });

  test.each([
    ['a key that is unknown', `${text}\nunknown: true\n`],
    ['another runtime', text.replace('using: node24', 'using: node25')],
    ['no entry', text.replace(/^ {2}main: .*\n/m, '')],
  ])('would be refused with %s', async (_, wrong) => {
    expect(wrong).not.toBe(text);
    expect(await complaintsAboutAction(wrong)).not.toEqual([]);
  });
});
