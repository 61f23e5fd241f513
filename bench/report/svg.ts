/** Colours for light and dark themes; the plot has its own background. */
const STYLE = `
  .ground { fill: #ffffff }
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .grid { stroke: #d1d9e0 }
  .action { --colour: #0969da }
  .other { --colour: #8250df }
  .lean { --colour: #9a6700 }
  .usual { --colour: #bc4c00 }
  .limit { --colour: #59636e }
  .line { fill: none; stroke: var(--colour); stroke-width: 2.5 }
  .limit.line { stroke-dasharray: 6 4 }
  .dot, .bar { fill: var(--colour) }
  .spread { stroke: var(--colour); stroke-width: 1.5 }
  .name { fill: var(--colour) }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 }
    text { fill: #f0f6fc }
    .grid { stroke: #3d444d }
    .action { --colour: #4493f8 }
    .other { --colour: #ab7df8 }
    .lean { --colour: #d29922 }
    .usual { --colour: #db6d28 }
    .limit { --colour: #9198a1 }
    .name { fill: var(--colour) }
  }
`;

type Attributes = Readonly<Record<string, string | number>>;

/** A picture in a separate file; the description is for readers who can't see it. */
export function svg(
  { width, height }: { readonly width: number; readonly height: number },
  { title, description }: { readonly title: string; readonly description: string },
  content: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped(description)}</desc>`,
    `<style>${STYLE}</style>`,
    element('rect', { class: 'ground', width, height, rx: 6 }),
    ...content,
    '</svg>',
    '',
  ].join('\n');
}

export function element(name: string, attributes: Attributes, text?: string): string {
  const all = Object.entries(attributes).map(([key, value]) => ` ${key}="${shown(value)}"`);
  const start = `<${name}${all.join('')}`;
  return text === undefined ? `${start}/>` : `${start}>${escaped(text)}</${name}>`;
}

/** A tenth of a pixel is enough. */
function shown(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 10) / 10) : escaped(value);
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
