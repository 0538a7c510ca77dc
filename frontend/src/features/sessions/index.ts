export { SessionList } from "./SessionList";
