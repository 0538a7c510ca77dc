/**
 * The whole API key of this server within a text, such as a line of a configuration. It must not get into an address or a
 * search.
 */
export function findApiKey(text: string): string | undefined {
  return /(?<![\w-])sk-[\w-]{24,}/.exec(text)?.[0];
}
