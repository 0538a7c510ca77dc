type CreatedUser = { user: { name: string; email?: string | null }; secret: string };

/** A cell that no spreadsheet takes for a formula. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** New users and their keys as CSV. */
export function keysAsCsv(created: readonly CreatedUser[]): string {
  const rows = created.map(({ user, secret }) => [user.name, user.email ?? "", secret]);
  return [["name", "email", "key"], ...rows]
    .map((row) => `${row.map(cell).join(",")}\r\n`)
    .join("");
}
