import { AccountGroupList, CreateAccountGroup } from "../../features/accountGroups";
import { SharingPanel } from "../../features/shares";
import { t } from "../../i18n";
import { Page } from "../../ui/Page";

/** All account groups. */
export default function AccountGroupsPage() {
  return (
    <Page
      title={t("accountGroups.title")}
      hint={t("accountGroups.hint")}
      actions={<CreateAccountGroup />}
    >
      <AccountGroupList />
      <SharingPanel />
    </Page>
  );
}
