import { CreateUserGroup, UserGroupList } from "../features/userGroups";
import { t } from "../i18n";
import { Page } from "../ui/Page";

/** Groups of users, which decide what their members do not set. */
export default function UserGroupsPage() {
  return (
    <Page
      title={t("userGroups.groups")}
      hint={t("userGroups.hint")}
      trail={{ href: "/users", label: t("users.users") }}
      actions={<CreateUserGroup />}
    >
      <UserGroupList />
    </Page>
  );
}
