export { CreateUserGroup, UserGroupList } from "./UserGroupList";
