export { AdminList as default } from "../../features/admins";
