import type { Role } from "../graphql/generated/graphql";
import { ROLES } from "../graphql/roles";
import { t } from "../i18n";

/** The roles as options. */
export function roleOptions(): { value: Role; label: string }[] {
  return ROLES.map((role) => ({ value: role, label: t(`roles.${role}.hint`) }));
}
