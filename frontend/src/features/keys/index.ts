export { KeyList } from "./KeyList";
