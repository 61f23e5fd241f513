import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as core from '@actions/core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseCommand, parseFileCommands } from '../../sandbox/runner/commands.ts';

describe('parseCommand', () => {
  test.each([
    ['::debug::words', { name: 'debug', properties: {}, message: 'words' }],
    ['::add-mask::a%0Ab', { name: 'add-mask', properties: {}, message: 'a\nb' }],
    ['::error::', { name: 'error', properties: {}, message: '' }],
    [
      '  \t::warning::after white space',
      { name: 'warning', properties: {}, message: 'after white space' },
    ],
    ['::group::a::b::c', { name: 'group', properties: {}, message: 'a::b::c' }],
    [
      '::error file=a.ts,line=1,title=No%2C never%3A 100%25::m',
      {
        name: 'error',
        properties: { file: 'a.ts', line: '1', title: 'No, never: 100%' },
        message: 'm',
      },
    ],
    ['::notice::100%25 %0D%0A', { name: 'notice', properties: {}, message: '100% \r\n' }],
    // Unescaped once: an unescaped percent character doesn't start another escape.
    ['::notice::%250A %252C', { name: 'notice', properties: {}, message: '%0A %2C' }],
    ['::notice::%3A %2C', { name: 'notice', properties: {}, message: '%3A %2C' }],
  ])('reads %j', (line, command) => {
    expect(parseCommand(line)).toEqual(command);
  });

  test.each([
    '',
    'words',
    'words ::error::in the middle',
    ':error:one colon',
    '::',
    '::::',
    ':: ::',
    '::error',
    '::error:words',
    '***::error::words',
  ])('reads no command in %j', (line) => {
    expect(parseCommand(line)).toBeUndefined();
  });

  test('reads every message that the toolkit escapes', () => {
    const written: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      written.push(String(chunk));
      return true;
    });
    const sign = fc.constantFrom('%', '\r', '\n', ':', ',', '=', '%0A', '%25', '::');
    const text = fc.array(fc.oneof(sign, fc.string())).map((parts) => parts.join(''));
    const pairs: [string, string][] = [];
    try {
      fc.assert(
        fc.property(text, (message) => {
          written.length = 0;
          core.error(message);
          pairs.push([message, written.join('')]);
        }),
      );
    } finally {
      write.mockRestore();
    }
    expect(pairs.length).toBeGreaterThan(50);
    for (const [message, line] of pairs) {
      expect(line.replace(/\r?\n$/, '')).not.toMatch(/[\r\n]/);
      const command = parseCommand(line.replace(/\r?\n$/, ''));
      expect(command).toEqual({ name: 'error', properties: {}, message });
    }
  });
});

describe('parseFileCommands', () => {
  test.each<[string, string, Readonly<Record<string, string>>]>([
    ['an empty file', '', {}],
    ['a value on its line', 'a=b\n', { a: 'b' }],
    ['an empty value', 'a=\n', { a: '' }],
    ['a value with = and <<', 'a=b=c<<d\n', { a: 'b=c<<d' }],
    ['several', 'a=1\nb=2\n', { a: '1', b: '2' }],
    ['the last of the same name', 'a=1\na=2\n', { a: '2' }],
    ['blank lines between', '\na=1\n\nb=2\n\n', { a: '1', b: '2' }],
    ['lines up to a delimiter', 'a<<EOF\nfirst\nsecond\nEOF\n', { a: 'first\nsecond' }],
    [
      'a value that looks like others',
      'a<<EOF\nb=1\nc<<X\n\nEOF\nd=2\n',
      { a: 'b=1\nc<<X\n', d: '2' },
    ],
    ['no lines at all', 'a<<EOF\nEOF\nb=1\n', { a: '', b: '1' }],
    ['one blank line', 'a<<EOF\n\nEOF\n', { a: '' }],
    [
      'a delimiter that other lines contain',
      'a<<EOF\nxEOF\nEOFx\n EOF\nEOF\n',
      { a: 'xEOF\nEOFx\n EOF' },
    ],
    ['a delimiter with = and <<', 'a<<b=c<<d\nx\nb=c<<d\n', { a: 'x' }],
    ['a name with blanks', 'a b=c\n', { 'a b': 'c' }],
  ])('reads %s', (_, text, values) => {
    expect(parseFileCommands(text)).toEqual(values);
  });

  test.each([
    ['a delimiter that is missing', 'a<<EOF\nb\n'],
    ['a delimiter that is only within a line', 'a<<EOF\nb EOF\n'],
    ['a last line without a line end', 'a=b'],
    ['a last delimiter without a line end', 'a<<EOF\nb\nEOF'],
    ['a line without a value', 'words\n'],
    ['a value without a name', '=b\n'],
  ])('throws on %s, which would fail the step', (_, text) => {
    expect(() => parseFileCommands(text)).toThrow(Error);
  });

  describe('as the toolkit writes them', () => {
    let directory: string;
    beforeEach(async () => {
      directory = await mkdtemp(path.join(tmpdir(), 'commands-'));
      vi.stubEnv('GITHUB_OUTPUT', path.join(directory, 'output'));
    });
    afterEach(async () => {
      vi.unstubAllEnvs();
      await rm(directory, { recursive: true });
    });

    test('returns every value unchanged', async () => {
      // Outputs don't contain the line ends of other systems.
      const text = fc.oneof(fc.string(), fc.constantFrom('a\nb', 'a=b', 'a<<b', '\n', '[{"a":1}]'));
      await fc.assert(
        fc.asyncProperty(
          fc.array(text.map((value) => value.replaceAll('\r', ''))),
          async (values) => {
            const file = path.join(directory, 'output');
            await writeFile(file, '');
            for (const [index, value] of values.entries()) core.setOutput(`o${index}`, value);
            const read = parseFileCommands((await readFile(file, 'utf8')).replaceAll('\r\n', '\n'));
            expect(read).toEqual(
              Object.fromEntries(values.map((value, index) => [`o${index}`, value])),
            );
          },
        ),
        { numRuns: 50 },
      );
    });
  });
});
