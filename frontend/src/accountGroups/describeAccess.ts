import type { AccountAccessSource } from "../graphql/generated/graphql";
import { t } from "../i18n";

type Access = { source: AccountAccessSource; groups: readonly { name: string }[] };

/** The account groups that a user or key may use, and where they are set. */
export function describeAccess(access: Access): string {
  if (access.source !== "UNGROUPED" && access.groups.length === 0)
    return t("accountGroups.allDeleted");
  if (access.source === "UNGROUPED") return t("accountGroups.sources.UNGROUPED");
  const groups = access.groups.map(({ name }) => name).join(", ");
  return t(`accountGroups.sources.${access.source}`, { groups });
}
