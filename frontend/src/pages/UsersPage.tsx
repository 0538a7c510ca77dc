import { A, useSearchParams } from "@solidjs/router";
import Plus from "lucide-solid/icons/plus";
import { CreateUserDialog, ImportUsers, UserList } from "../features/users";
import { May } from "../graphql/may";
import { t } from "../i18n";
import { Button, buttonClass } from "../ui/Button";
import { Page } from "../ui/Page";

/** The people and programs that use this server. */
export default function UsersPage() {
  // In the URL, so that other pages can link to the dialog.
  const [search, setSearch] = useSearchParams<{ create?: string }>();
  const setCreating = (create: "yes" | undefined) => setSearch({ create }, { replace: true });
  const button = (label: string) => (
    <May do="createUser">
      <Button tone="primary" onClick={() => setCreating("yes")}>
        <Plus class="size-4" aria-hidden="true" />
        {label}
      </Button>
    </May>
  );
  return (
    <Page
      title={t("users.users")}
      actions={
        <>
          <A href="/users/groups" class={buttonClass("plain", "normal")}>
            {t("userGroups.groups")}
          </A>
          <ImportUsers />
          {button(t("users.create"))}
        </>
      }
    >
      <UserList action={button(t("users.create"))} />
      <May do="createUser">
        <CreateUserDialog open={search.create === "yes"} onClose={() => setCreating(undefined)} />
      </May>
    </Page>
  );
}
