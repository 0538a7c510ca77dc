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

/** Ends an administrator's session. A fresh page forgets everything that this one has fetched. */
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

/** Forgets an end user's key, and with a fresh page everything that was fetched with it. */
export function signOutKeyHolder() {
  forgetUserKey();
  location.assign(urlBesideApp("login?as=key"));
}
