import type { Role } from "../../graphql/generated/graphql";

/** What each role may do. */
export const ROLES: Record<Role, { word: string; meaning: string }> = {
  VIEWER: { word: "viewer", meaning: "viewer: may look at everything" },
  ADMIN: { word: "admin", meaning: "admin: may also change users, keys, providers and settings" },
  OWNER: { word: "owner", meaning: "owner: may do everything" },
};
