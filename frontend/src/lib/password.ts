const SHORTEST = 12;

/** What is wrong with a new password, in words; nothing when it will do. */
export function passwordFault(password: string, repeated: string): string | undefined {
  const missing = SHORTEST - [...password].length;
  if (missing > 0)
    return `Too short: ${missing} more ${missing === 1 ? "character" : "characters"}.`;
  if (password !== repeated) return "The two passwords differ. Type the same one twice.";
  return undefined;
}
