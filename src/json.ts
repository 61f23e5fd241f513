export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * What a JSON text holds, or nothing. The parser's error is dropped on purpose: it quotes the text,
 * which may be a secret.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The JSON object that a text holds, or nothing. */
export function parseJsonObject(text: string): JsonObject | undefined {
  return asObject(parseJson(text));
}

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** A text that is there and not empty. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
