export { AccountGroup } from "./AccountGroup";
export { AccountGroupList, CreateAccountGroup } from "./AccountGroupList";
export { GroupActions } from "./GroupActions";
