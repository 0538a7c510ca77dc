import { useSearchParams } from "@solidjs/router";
import { CreateUserDialog, UserList } from "../features/users";
import { Button } from "../ui/Button";
import { Page } from "../ui/Page";

/** The people and programs that use this server. */
export default function UsersPage() {
  // In the address, so that other pages can lead straight to the dialog.
  const [search, setSearch] = useSearchParams<{ create?: string }>();
  const setCreating = (create: "yes" | undefined) => setSearch({ create }, { replace: true });
  const button = (label: string) => (
    <Button tone="primary" onClick={() => setCreating("yes")}>
      {label}
    </Button>
  );
  return (
    <Page title="Users" actions={button("Create user")}>
      <UserList action={button("Create the first user")} />
      <CreateUserDialog open={search.create === "yes"} onClose={() => setCreating(undefined)} />
    </Page>
  );
}
