export { OwnAlertAddress } from "./OwnAlertAddress";
