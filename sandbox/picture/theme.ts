/** The colours of a page. */
export interface Theme {
  readonly page: string;
  readonly text: string;
  readonly faint: string;
  readonly link: string;
  readonly edge: string;
  /** behind code within a line */
  readonly code: string;
  /** behind code on lines of its own, and behind every second row of a table */
  readonly block: string;
  readonly bar: string;
  readonly passed: string;
  readonly failed: string;
}

/** GitHub's colours. */
export const THEMES = {
  light: {
    page: '#ffffff',
    text: '#1f2328',
    faint: '#59636e',
    link: '#0969da',
    edge: '#d1d9e0',
    code: '#eff1f3',
    block: '#f6f8fa',
    bar: '#b7bdc4',
    passed: '#3fa148',
    failed: '#d1242f',
  },
  dark: {
    page: '#0d1117',
    text: '#f0f6fc',
    faint: '#9198a1',
    link: '#4493f8',
    edge: '#3d444d',
    code: '#262c34',
    block: '#151b23',
    bar: '#565e68',
    passed: '#2ea043',
    failed: '#f85149',
  },
} as const satisfies Readonly<Record<string, Theme>>;

/** A length in pixels, short enough to read. */
export const px = (length: number) => String(Math.round(length * 10) / 10);

export function xmlOf(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
