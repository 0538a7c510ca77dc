export { AdminList } from "./AdminList";
