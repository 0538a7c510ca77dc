export { BackupList as default } from "../../features/backups";
