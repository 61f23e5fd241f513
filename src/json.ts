export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The value of a JSON text, or nothing. Drops the parser's error on purpose: it quotes the text, which
 * may be a secret.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The JSON object in a text, or nothing. */
export function parseJsonObject(text: string): JsonObject | undefined {
  return asObject(parseJson(text));
}

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** The value if it is a text that is not empty. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
