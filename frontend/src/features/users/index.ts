export { CreateUserDialog } from "./CreateUserDialog";
export { UserList } from "./UserList";
export { UserProfile } from "./UserProfile";
