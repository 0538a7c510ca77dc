const SHORTEST = 12;

/** A problem with a new password. */
export type PasswordFault = { kind: "short"; missing: number } | { kind: "differs" };

/** Validates a new password that was typed twice. */
export function passwordFault(password: string, repeated: string): PasswordFault | undefined {
  const missing = SHORTEST - [...password].length;
  if (missing > 0) return { kind: "short", missing };
  return password === repeated ? undefined : { kind: "differs" };
}
