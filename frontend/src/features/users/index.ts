export { CreateUserDialog } from "./CreateUserDialog";
export { CreateUserForm } from "./CreateUserForm";
export { ImportUsers } from "./ImportUsers";
export { UserActions, UserBadge } from "./UserActions";
export { UserFacts } from "./UserFacts";
export { UserList } from "./UserList";
