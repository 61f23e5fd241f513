/** Invisible or bidirectional characters, with which a log would show a different text. */
const MISLEADING = /[\p{Cf}--[\u200C\u200D]]/v;

/** The same, and those that only join or vary the characters next to them: for names. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/v;

/** What can't be part of an MQTT client id that is also a topic level, or can't be seen in it. */
const FORBIDDEN_IN_NAMES = /[\p{Cc}\s\/+#\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/v;

const CONTROL = /\p{Cc}/u;

/** Characters that a message can show as they are, unless they are invisible. */
const PRINTABLE = /^(?!")[\p{L}\p{N}\p{P}\p{S}]$/u;

/** Characters that get into a name by copying, by code point. */
const CHARACTER_NAMES: Readonly<Record<string, string>> = {
  'U+0009': 'tab',
  'U+000A': 'line feed',
  'U+000D': 'carriage return',
  'U+001B': 'escape',
  'U+0022': 'quotation mark',
  'U+00A0': 'no-break space',
  'U+00AD': 'soft hyphen',
  'U+200B': 'zero-width space',
  'U+200C': 'zero-width non-joiner',
  'U+200D': 'zero-width joiner',
  'U+200E': 'left-to-right mark',
  'U+200F': 'right-to-left mark',
  'U+202D': 'left-to-right override',
  'U+202E': 'right-to-left override',
  'U+202F': 'narrow no-break space',
  'U+2060': 'word joiner',
  'U+2066': 'left-to-right isolate',
  'U+2067': 'right-to-left isolate',
  'U+2800': 'blank Braille pattern',
  'U+3000': 'ideographic space',
  'U+FE0F': 'variation selector',
  'U+FEFF': 'byte order mark',
};

/**
 * The first character of a text that a pattern matches, and its position, counted from 1; nothing if
 * there is none. Characters that are not printable are named by code point, never shown.
 */
export function characterIn(text: string, pattern: RegExp): string | undefined {
  const found = pattern.exec(text);
  const [character] = found?.[0] ?? [];
  if (found === null || character === undefined) return undefined;
  const position = [...text.slice(0, found.index)].length + 1;
  return `${describe(character)} at position ${position}`;
}

/** A character that can't be part of an agent's name; nothing if there is none. */
export function forbiddenIn(name: string): string | undefined {
  return characterIn(name, FORBIDDEN_IN_NAMES);
}

export function controlIn(text: string): string | undefined {
  return characterIn(text, CONTROL);
}

/** An invisible character in a text that may be in any language and contain emoji. */
export function misleadingIn(text: string): string | undefined {
  return characterIn(text, MISLEADING);
}

function describe(character: string): string {
  if (character === ' ') return 'a space';
  if (PRINTABLE.test(character) && !INVISIBLE.test(character)) return `"${character}"`;
  const hex = character.codePointAt(0)?.toString(16).toUpperCase() ?? '';
  const code = `U+${hex.padStart(4, '0')}`;
  const name = CHARACTER_NAMES[code];
  return `the ${kindOf(character)} ${code}${name === undefined ? '' : ` (${name})`}`;
}

function kindOf(character: string): string {
  if (CONTROL.test(character)) return 'control character';
  // Some format characters are visible, such as the Arabic number sign.
  if (/\p{Cf}/u.test(character) && !/\p{Default_Ignorable_Code_Point}/u.test(character)) {
    return 'format character';
  }
  if (INVISIBLE.test(character)) return 'invisible character';
  return /\s/.test(character) ? 'white space character' : 'character';
}
