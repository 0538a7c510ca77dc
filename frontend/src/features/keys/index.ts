export { AllKeys } from "./AllKeys";
export { KeyList } from "./KeyList";
