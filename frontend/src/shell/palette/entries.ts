import type { PaletteKeysQuery, PaletteQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { keyPath } from "../../keys/keyPath";

type User = PaletteQuery["users"]["nodes"][number];

/** A target of the palette. */
export type Entry = {
  id: string;
  kind: "page" | "user" | "key";
  name: string;
  /** Distinguishes it from others of the same name. */
  detail?: string;
  path: string;
  /** The server matched text that is not shown here, such as a whole key. */
  isFound?: boolean;
};

type FoundKey = PaletteKeysQuery["apiKeys"]["nodes"][number];

const SHOWN = 30;

/** Lower case without diacritics: "Bùi" is found by "bui". */
function plain(text: string): string {
  return text.toLowerCase().normalize("NFD").replaceAll(/\p{M}/gu, "").replaceAll("đ", "d");
}

/** The match score of an entry: 0 for no match, higher is better. */
export function fitness(entry: Entry, typed: string): number {
  const wanted = plain(typed.trim());
  if (wanted === "") return 1;
  const least = entry.isFound ? 1 : 0;
  const name = plain(entry.name);
  if (name.startsWith(wanted)) return 4;
  if (name.split(/[\s-]+/).some((word) => word.startsWith(wanted))) return 3;
  if (name.includes(wanted)) return 2;
  return plain(entry.detail ?? "").includes(wanted) ? 1 : least;
}

/** Users and their keys as entries. */
export function entriesOf(users: readonly User[]): Entry[] {
  return users.flatMap((user) => [
    {
      id: `user-${user.id}`,
      kind: "user" as const,
      name: user.name,
      detail: user.email ?? undefined,
      path: `/users/${user.id}`,
    },
    ...user.apiKeys.map((key) => ({
      id: `key-${key.id}`,
      kind: "key" as const,
      name: key.name,
      detail: `${user.name} · ${key.prefix}…${key.lastFour}`,
      path: `/users/${user.id}/keys?key=${key.id}`,
    })),
  ]);
}

/** A key that the server found. It links to its row, where it can be rotated or revoked. */
export function entryOfFoundKey(key: FoundKey): Entry {
  const state = key.state === "ACTIVE" ? [] : [t(`keys.states.${key.state}`)];
  return {
    id: `key-${key.id}`,
    kind: "key",
    name: key.name,
    detail: [key.user.name, `${key.prefix}…${key.lastFour}`, ...state].join(" · "),
    path: keyPath(key),
    isFound: true,
  };
}

/** The matching entries, best match first; on a tie pages come before users, and users before keys. */
export function findEntries(entries: readonly Entry[], typed: string): Entry[] {
  const rated = entries.map((entry) => ({ entry, fits: fitness(entry, typed) }));
  return rated
    .filter(({ fits }) => fits > 0)
    .toSorted((left, right) => right.fits - left.fits)
    .slice(0, SHOWN)
    .map(({ entry }) => entry);
}
