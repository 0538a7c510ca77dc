import type { Role } from "../graphql/generated/graphql";
import { t } from "../i18n";

/** The roles, in ascending order of permissions. */
export const ROLES: readonly Role[] = ["VIEWER", "ADMIN", "OWNER"];

/** The roles as options. */
export function roleOptions(): { value: Role; label: string }[] {
  return ROLES.map((role) => ({ value: role, label: t(`roles.${role}.hint`) }));
}
