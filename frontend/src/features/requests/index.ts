export { RequestExplorer } from "./RequestExplorer";
export { RequestLog } from "./RequestLog";
export { words as requestWords } from "./words";
