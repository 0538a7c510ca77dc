export { BackupList } from "./BackupList";
