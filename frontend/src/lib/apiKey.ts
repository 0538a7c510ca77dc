/** Whether a text is a whole API key of this server, which must not be put into a URL. */
export function isApiKey(text: string): boolean {
  return /^sk-[\w-]{24,}$/.test(text.trim());
}
