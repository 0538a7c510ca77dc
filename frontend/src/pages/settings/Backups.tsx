import { BackupList } from "../../features/backups";
import { Reserved } from "../../ui/Reserved";

/** The backups, for owners. */
export default function Backups() {
  return (
    <Reserved do="createBackup">
      <BackupList />
    </Reserved>
  );
}
