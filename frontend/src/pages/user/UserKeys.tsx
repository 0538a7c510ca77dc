import { useParams } from "@solidjs/router";
import { InvitationList } from "../../features/invitations";
import { KeyList } from "../../features/keys";

/** A user's keys and invitations. */
export default function UserKeys() {
  const params = useParams<{ id: string }>();
  return (
    <>
      <KeyList userId={params.id} />
      <InvitationList userId={params.id} />
    </>
  );
}
