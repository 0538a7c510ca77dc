import { AdminList } from "../../features/admins";
import { Reserved } from "../../ui/Reserved";

/** The administrators of the server, for owners. */
export default function Admins() {
  return (
    <Reserved do="createAdmin">
      <AdminList />
    </Reserved>
  );
}
