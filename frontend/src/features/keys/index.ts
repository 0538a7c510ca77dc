export { AllKeys } from "./AllKeys";
export { KeyList } from "./KeyList";
export { OwnKeyList } from "./own/OwnKeyList";
