import fc from 'fast-check';
import { leaksIn, partsOf } from '../leaks.ts';

/** What a server says, in pieces: which secrets it knows shows only when it says them. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'secret';
      readonly which: number;
      readonly form: ValueForm;
      /** only a part of the secret; all of it, where that part would be no leak */
      readonly part?: string | undefined;
    }
  | {
      readonly kind: 'key';
      readonly which: number;
      readonly form: KeyForm;
      /** where a piece of the form begins, and how long it is; all of it, when not given */
      readonly cut?: readonly [from: number, length: number];
    };

/** What a server knows. */
export interface Knowledge {
  readonly values: readonly string[];
  /** private keys that the action has read: they are masked in all forms */
  readonly keys: readonly string[];
  /** private keys that the action can't know: only the common forms are hidden, and whole */
  readonly strangeKeys: readonly string[];
  /** whether it sends identifiers, which may contain short parts of secrets */
  readonly identifies?: boolean;
}

/** Of a secret, a part of so many characters is taken out of identifiers, too. */
const LONG_PART = 16;

export const part = fc.constantFrom(
  undefined,
  undefined,
  'all but the last sign',
  'first half',
  'second half',
);

const base64 = (text: string) => Buffer.from(text).toString('base64');
const wrapped = (text: string, width: number) =>
  (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join('\n');
const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
const codeUnits = (text: string) =>
  Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
const codePoints = (text: string) => [...text].map((sign) => sign.codePointAt(0) ?? 0);

/** What a server may make of a secret that it repeats. */
const VALUE_FORMS = {
  raw: (value: string) => value,
  JSON: inJson,
  'JSON twice': (value: string) => inJson(inJson(value)),
  URI: encodeURIComponent,
  'URI, every byte': (value: string) =>
    [...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  'JSON escapes': (value: string) =>
    codeUnits(value)
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  XML: (value: string) =>
    value
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;'),
  'HTML numbers': (value: string) =>
    codePoints(value)
      .map((point) => `&#${point};`)
      .join(''),
  'with invisible characters': (value: string) => value.replace(/^.../su, '$&\u200b'),
  base64,
  'base64 without padding': (value: string) => base64(value).replace(/=+$/, ''),
  'base64 behind one byte': (value: string) => base64(`:${value}`),
  'base64 behind two bytes': (value: string) => base64(`::${value}`),
  'base64 in the middle': (value: string) => base64(`id:${value}, and more`),
  'base64 in a URI': (value: string) => encodeURIComponent(base64(value)),
} satisfies Readonly<Record<string, (value: string) => string>>;
type ValueForm = keyof typeof VALUE_FORMS;

const bodyOf = (pem: string) => pem.replace(/-----[^-]*-----|\s/g, '');

/** The same of a private key: all that its masks cover, and what is made of that. */
const KEY_FORMS = {
  file: (pem: string) => pem,
  JSON: inJson,
  body: bodyOf,
  'CRLF file': (pem: string) => pem.replaceAll('\n', '\r\n'),
  'body in lines of 76': (pem: string) => wrapped(bodyOf(pem), 76),
  'body in lines of 40': (pem: string) => wrapped(bodyOf(pem), 40),
  'body in lines of 20': (pem: string) => wrapped(bodyOf(pem), 20),
  'body in lines of 15': (pem: string) => wrapped(bodyOf(pem), 15),
  'body in lines of 12': (pem: string) => wrapped(bodyOf(pem), 12),
  'body with blanks': (pem: string) => bodyOf(pem).replace(/.{10}/g, '$& '),
  'body as a list': (pem: string) => JSON.stringify(wrapped(bodyOf(pem), 12).split('\n')),
  URI: encodeURIComponent,
  base64,
  'base64 of the trimmed file': (pem: string) => base64(pem.trimEnd()),
  'base64 in lines of 76': (pem: string) => wrapped(base64(pem), 76),
  'base64 of the trimmed file in lines of 76': (pem: string) => wrapped(base64(pem.trimEnd()), 76),
  'base64 behind one byte': (pem: string) => base64(`x${pem}`),
  'base64 behind two bytes': (pem: string) => base64(`xy${pem}`),
  'base64 of JSON': (pem: string) => base64(JSON.stringify(pem)),
} satisfies Readonly<Record<string, (pem: string) => string>>;
type KeyForm = keyof typeof KEY_FORMS;

/** What hides a whole key that nobody knows: its armour, or that it is one long run. */
const STRANGE_FORMS: readonly KeyForm[] = ['file', 'JSON', 'body', 'base64'];

/** What later steps may print of a key, in lines, and nobody may read in the log. */
const MASKED_FORMS: readonly KeyForm[] = [
  'file',
  'JSON',
  'body',
  'CRLF file',
  'body in lines of 76',
  'base64',
  'base64 of the trimmed file',
  'base64 in lines of 76',
  'base64 of the trimmed file in lines of 76',
];

/** Of an encrypted key, only its lines are masked. */
const MASKED_LINES: readonly KeyForm[] = ['file', 'CRLF file'];

/** A key in every form that its masks promise to hide. */
export function maskedFormsOf(pem: string): readonly string[] {
  const forms = pem.includes('ENCRYPTED') ? MASKED_LINES : MASKED_FORMS;
  return forms.map((form) => KEY_FORMS[form](pem));
}

const keysOf = <T extends object>(object: T) => Object.keys(object) as (keyof T)[];

/** Every command in here would have this message, if it were taken for one. */
export const OWNED = 'owned';

const COMMANDS = [
  '::error::',
  '::warning file=a.ts,line=1::',
  '::add-mask::',
  '::set-output name=agentId::',
  '::save-state name=journal::',
  '::set-env name=NODE_OPTIONS::',
  '::add-path::',
  '::stop-commands::',
  '::debug::',
  '::group::',
  '##[error]',
  '##[add-mask]',
  '##[set-env name=PATH]',
  '#\u200b#[error]',
  '##\u00ad[warning]',
  '&#35;#[error]',
  '%23%23[error]',
  '\\u0023\\u0023[error]',
].map((command) => `${command}${OWNED}`);

/** What may bring a command to the beginning of a line. */
const BREAKS = [
  '',
  ' ',
  '\n',
  '\r',
  '\r\n',
  '%0A',
  '%0D',
  '%0D%0A',
  '%250A',
  '\\n',
  '\\u000a',
].concat([
  '&#10;',
  '&#x0d;',
  '\u2028',
  '\u2029',
  '\u0085',
  '\u000b',
  '\u000c',
  '\u001b[0m\n',
  '\0\n',
]);

const command = fc
  .tuple(fc.constantFrom(...BREAKS), fc.constantFrom(...COMMANDS), fc.constantFrom(...BREAKS))
  .map((parts) => parts.join(''));

/** Any UTF-16 unit, also half a pair; most are of where the special ones are. */
const anyUnit = fc
  .oneof(
    fc.nat({ max: 0xff }),
    fc.integer({ min: 0x2000, max: 0x206f }),
    fc.integer({ min: 0xd800, max: 0xdfff }),
    fc.nat({ max: 0xffff }),
  )
  .map((unit) => String.fromCharCode(unit));

const noise = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('not', 'this', '"', '%', '&', '\\', '|', '`', '<b>') },
  { weight: 3, arbitrary: fc.array(anyUnit, { maxLength: 20 }).map((units) => units.join('')) },
  { weight: 1, arbitrary: fc.constantFrom('\ud83d', '\udc00', '\u001b[31m', '\u202e', '\0') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('x'.repeat(5_000), 'word '.repeat(2_000), '\n'.repeat(500)),
  },
);

const piece: fc.Arbitrary<Piece> = fc.oneof(
  { weight: 3, arbitrary: command.map((text) => ({ kind: 'text', text }) as const) },
  { weight: 2, arbitrary: noise.map((text) => ({ kind: 'text', text }) as const) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('secret' as const),
      which: fc.nat({ max: 20 }),
      form: fc.constantFrom(...keysOf(VALUE_FORMS)),
      part,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        kind: fc.constant('key' as const),
        which: fc.nat({ max: 20 }),
        form: fc.constantFrom(...keysOf(KEY_FORMS)),
        cut: fc.tuple(fc.nat({ max: 2_500 }), fc.integer({ min: 16, max: 120 })),
      },
      { requiredKeys: ['kind', 'which', 'form'] },
    ),
  },
);

/** A few pieces, which nothing may part. */
export const words: fc.Arbitrary<readonly Piece[]> = fc
  .tuple(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.constantFrom('', ' ', '\n', '\r'))
  .map(([pieces, between]) =>
    pieces.flatMap((each) => [each, { kind: 'text', text: between } as const]),
  );

/** Says it with what is known. */
export function say(pieces: readonly Piece[], known: Knowledge): string {
  return pieces.map((each) => sayPiece(each, known)).join('');
}

function sayPiece(said: Piece, known: Knowledge): string {
  if (said.kind === 'text') return said.text;
  const { values, keys, strangeKeys, identifies = false } = known;
  if (said.kind === 'secret') {
    const value = values[said.which % values.length];
    if (value === undefined) return '';
    const part = partsOf(value)[said.part ?? ''] ?? value;
    if (identifies) return identifierOf(part.length < LONG_PART ? value : part, said.form);
    return VALUE_FORMS[said.form](part);
  }
  const key = keys[said.which % keys.length];
  if (key !== undefined) return cutOf(KEY_FORMS[said.form](key), said.cut);
  const strange = strangeKeys[said.which % strangeKeys.length];
  const form = STRANGE_FORMS[said.which % STRANGE_FORMS.length] ?? 'file';
  // As a separate run, apart from the text around it.
  return strange === undefined ? '' : ` ${KEY_FORMS[form](strange)} `;
}

/** Forms in which a secret is found as a whole, in identifiers, too, whose escapes nobody undoes. */
const FORMS_OF_IDENTIFIERS: readonly ValueForm[] = [
  'raw',
  'JSON',
  'URI',
  'base64',
  'base64 without padding',
  'base64 behind one byte',
  'base64 behind two bytes',
  'base64 in the middle',
];

/** A secret in a form, or as it is where the form leaves short parts of it readable. */
function identifierOf(value: string, form: ValueForm): string {
  const text = VALUE_FORMS[form](value);
  const isCut = leaksIn(text, { values: [value], keys: [] }).length > 0;
  return isCut && !FORMS_OF_IDENTIFIERS.includes(form) ? value : text;
}

/** A piece of a form that is one line; as long as it takes to be no word, which has one case. */
function cutOf(text: string, cut: readonly [number, number] | undefined): string {
  const [line = ''] = text.replace(/-----[^-]*-----\s*/g, '').split(/\s|\\n/);
  if (cut === undefined || line.length < 200) return text;
  const from = cut[0] % (line.length - 150);
  const isMixed = (length: number) =>
    /[a-z].*[A-Z]|[A-Z].*[a-z]/.test(line.slice(from, from + length));
  let [, length] = cut;
  while (!isMixed(length)) length++;
  return line.slice(from, from + length);
}
