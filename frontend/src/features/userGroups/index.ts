export { UserGroupList } from "./UserGroupList";
