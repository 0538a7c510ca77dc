import { createMutation } from "@urql/solid";
import LogOut from "lucide-solid/icons/log-out";
import { graphql } from "../graphql/generated";
import { urlBesideApp } from "../lib/baseUrl";
import { IconButton } from "../ui/IconButton";

const LogoutMutation = graphql(`
  mutation Logout {
    logout {
      signedOut
    }
  }
`);

/** Ends the session. */
export function SignOutButton() {
  const [, logout] = createMutation(LogoutMutation);

  async function leave() {
    const result = await logout({});
    // A fresh page forgets everything that this one has fetched.
    if (!result.error) location.assign(urlBesideApp("login"));
  }

  return (
    <IconButton label="Sign out" onClick={() => void leave()}>
      <LogOut class="size-4" aria-hidden="true" />
    </IconButton>
  );
}
