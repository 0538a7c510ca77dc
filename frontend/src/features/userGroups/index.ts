export { GroupField } from "./GroupField";
export { UserGroupList } from "./UserGroupList";
