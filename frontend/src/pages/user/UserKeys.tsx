import { useParams } from "@solidjs/router";
import { KeyList } from "../../features/keys";

/** A user's keys. */
export default function UserKeys() {
  const params = useParams<{ id: string }>();
  return <KeyList userId={params.id} />;
}
