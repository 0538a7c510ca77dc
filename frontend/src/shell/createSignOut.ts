import { createMutation } from "../graphql/createMutation";
import { graphql } from "../graphql/generated";
import { forgetUserKey } from "../graphql/userKey";
import { urlBesideApp } from "../lib/baseUrl";
import { useSession } from "../session/SessionProvider";
import { notifyError } from "../ui/Toaster";

const LogoutMutation = graphql(`
  mutation Logout {
    logout {
      signedOut
    }
  }
`);

/** Ends an administrator's session. A reload discards all fetched data. */
export function createSignOut(): () => Promise<void> {
  const { leave } = useSession();
  const [, logout] = createMutation(LogoutMutation);
  async function signOut() {
    const { error } = await logout({});
    if (error) notifyError(error);
    else {
      leave();
      location.assign(urlBesideApp("login"));
    }
  }
  return signOut;
}

/** Removes an end user's key. A reload discards all fetched data. */
export function signOutKeyHolder() {
  forgetUserKey();
  location.assign(urlBesideApp("login?as=key"));
}
