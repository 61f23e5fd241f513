import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { pages, ROOT, read } from './pages.ts';

const FOLDER = '.github/ISSUE_TEMPLATE';

interface Element {
  readonly type: string;
  readonly id?: string;
  readonly attributes: { readonly label?: string; readonly value?: string };
}

interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly Element[];
}

const files = readdirSync(path.join(ROOT, FOLDER)).filter((name) => name !== 'config.yml');

describe.each(files)('the issue form %s', (name) => {
  const form = parse(read(`${FOLDER}/${name}`)) as Form;

  test('has everything that GitHub requires of a form', () => {
    expect(Object.keys(form)).toEqual(['name', 'description', 'body']);
    const kinds = ['markdown', 'textarea', 'input', 'dropdown', 'checkboxes'];
    for (const { type, id, attributes } of form.body) {
      expect(kinds).toContain(type);
      if (type === 'markdown') expect(attributes.value).toMatch(/\S/);
      else expect(id, attributes.label).toMatch(/^[a-z-]+$/);
      if (type !== 'markdown') expect(attributes.label).toMatch(/\S/);
    }
    const ids = form.body.flatMap(({ id }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('names pages that exist', () => {
    const named = [...read(`${FOLDER}/${name}`).matchAll(/`([\w./-]+\.md)`/g)];
    for (const [, page = ''] of named) expect(pages).toContain(page);
  });
});

test('a bug report asks for the failure line, and for no secrets', () => {
  const { body } = parse(read(`${FOLDER}/bug.yml`)) as Form;
  expect(body.map(({ id }) => id)).toEqual(expect.arrayContaining(['failure', 'log', 'secrets']));
});

test('reporters of vulnerabilities are directed elsewhere', () => {
  const { contact_links: links } = parse(read(`${FOLDER}/config.yml`)) as {
    readonly contact_links: readonly { readonly url: string; readonly about: string }[];
  };
  expect(links.map(({ url }) => url)).toContain('https://github.com/OWNER/REPO/security/policy');
  for (const { url } of links) {
    const [, page] = /\/blob\/main\/(.*)$/.exec(url) ?? [];
    if (page !== undefined) expect(pages).toContain(page);
  }
});
